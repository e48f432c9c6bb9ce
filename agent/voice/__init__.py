"""Hearing and speaking: microphone -> command, sentence -> earpiece."""
