"""Recognisers on a table of recordings: `hodekamera bench-words`."""
