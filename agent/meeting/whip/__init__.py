"""WHIP (RFC 9725): picture and sound into any ingest server, for services other than Pexip."""
