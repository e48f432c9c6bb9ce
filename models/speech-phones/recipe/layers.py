"""Which of Whisper-base's layers tell the sounds."""

LAYERS = 4
"""Of the six of its encoder: later ones know more of words than of sounds. `models/speech-words`
goes on from there."""
