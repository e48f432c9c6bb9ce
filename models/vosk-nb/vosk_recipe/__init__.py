"""Transcribed Norwegian speech -> a Vosk-format Norwegian command model. See ../README.md."""
