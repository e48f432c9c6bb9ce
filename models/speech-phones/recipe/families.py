"""Which kinds of synthesiser there are, and how much each of them says."""

from functools import partial

from agent.voice.spelling import Spelling

from . import espeak, festival, flite, kokoro, noises, piper
from .speech import Family


def families(spelling: Spelling) -> tuple[Family, ...]:
    """All of them. One alone would teach its own sound and not that of speech."""
    return (
        Family(
            "espeak-ng",
            "PyPI: espeakng-loader",
            lambda: True,  # The agent itself depends on it.
            partial(espeak.speak, spelling=spelling),
            count=6000,
            crowd=True,
        ),
        Family(
            "festival",
            f"Debian: {festival.DEBIAN}",
            festival.is_there,
            festival.speak,
            count=840 * len(festival.VOICES),
        ),
        Family(
            "flite", f"Debian: {flite.DEBIAN}", flite.is_there, flite.speak, count=1050, copies=2
        ),
        Family(
            "Kokoro",
            f"PyPI: {kokoro.PYPI}",
            kokoro.is_there,
            partial(kokoro.speak, spelling=spelling),
            count=330,
            copies=4,
        ),
        Family("Piper", f"PyPI: {piper.PYPI}", piper.is_there, piper.speak, count=1350, copies=2),
        Family("noises", "", lambda: True, noises.speak, count=1000),
    )
