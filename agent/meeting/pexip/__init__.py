"""A participant in a Pexip Infinity meeting (Join i helsenett) through its client API."""
