"""The closed room: joining it, and the practice room that is one."""
