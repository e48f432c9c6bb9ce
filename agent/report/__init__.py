"""The report of a technical fault: what is in it, and how it is written. Sent by nobody here."""
