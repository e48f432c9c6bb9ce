"""Hodekamera: the voice-controlled companion of a nurse's head camera."""

__version__ = "0.1.0"
