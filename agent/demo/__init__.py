"""A whole consultation on one machine: recorded speech, a drawn wound, a practice room."""
