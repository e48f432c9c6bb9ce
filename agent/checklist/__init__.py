"""The procedure's checklists, read aloud and answered by voice."""
