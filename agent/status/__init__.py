"""The local status page: what the agent says and does, as text."""
