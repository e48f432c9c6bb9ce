"""The practice room («øvingsrom»): a closed room of our own that speaks the Pexip client API."""
