"""One command for each figure that we claim; each prints a table."""
