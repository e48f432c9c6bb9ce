"""The measure of how soon the agent speaks: it counts what is late, and what is kept is enough."""

from pathlib import Path

import pytest

from agent.app import prepared
from agent.config.content import load_content
from agent.config.settings import Settings
from agent.voice.speech import KEPT_SENTENCES
from bench.speech_out import lines

CONFIG = Path(__file__).parent.parent / "config"


def test_silence_at_the_head_counts_as_waiting() -> None:
    table = lines({"one": [(0.01, 0.0), (0.1, 0.06), (0.2, 0.0)]})
    assert table[-1] == "| one | 3 | 100 | 190 | 200 | 54 | 2 |"


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_everything_that_is_synthesised_ahead_is_also_kept(language: str) -> None:
    settings = Settings.model_validate({"language": language})
    ahead = prepared(load_content(CONFIG, settings))
    assert len(ahead) == len(set(ahead))
    assert 100 < len(ahead) < KEPT_SENTENCES - 50, "and room for those with numbers in them"
