"""Models: what they are, where they come from, and whether what is here is right."""
