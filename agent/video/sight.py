"""The weights that ship with the project."""

from pathlib import Path

from agent.video.lighting.judging import Head, Weights, read_weights

_FILE = Path(__file__).resolve().parents[2] / "models" / "picture-quality" / "weights.json"


def shipped_weights() -> dict[Head, Weights]:
    """From `models/picture-quality`. Raises OSError when the project is not whole."""
    return read_weights(_FILE.read_text(encoding="utf-8"))
