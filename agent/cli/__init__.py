"""The command line: its words, what it writes, and what `run` and `devices` do."""
