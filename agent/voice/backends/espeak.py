"""The voice that always works: espeak-ng's Norwegian, from the wheel `espeakng-loader`."""

import re
from collections.abc import Mapping

import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.espeak_library import EspeakLibrary
from agent.voice.base import Speech

FASTEST_WPM, SLOWEST_WPM = 450, 80
"""The limits of espeak-ng itself."""

AUDIBLE = 200
"""Below this amplitude (of 32767) the sound at either end of a sentence is silence."""

KEPT_SILENCE = SAMPLE_RATE // 50
"""20 ms of it are kept, so that no consonant is cut."""

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class EspeakSynthesiser:
    """A Synthesiser. espeak-ng reads nynorsk with its one Norwegian voice too, and well enough."""

    def __init__(
        self,
        voice: str = "nb",
        variant: str = "",
        words_per_minute: int = 150,
        exceptions: Mapping[str, str] | None = None,
    ) -> None:
        """voice, variant: espeak-ng's names, such as «nb» and «f2»; "" is the plain voice.
        words_per_minute: at rate 1.
        exceptions: word -> how to write it so that it is said right, or phonemes in `[[…]]`;
            whole words, case does not matter.
        """
        self._voice = voice
        self._variant = variant
        self._words_per_minute = words_per_minute
        self._exceptions = {word.casefold(): said for word, said in (exceptions or {}).items()}
        self._library: EspeakLibrary | None = None

    def speak(self, text: str, rate: float = 1.0) -> Speech:
        """Raises PartError (SYNTHESISER_MISSING, SYNTHESISER_FAILED)."""
        if self._library is None:
            self._library = EspeakLibrary()
        wpm = round(min(FASTEST_WPM, max(SLOWEST_WPM, self._words_per_minute * rate)))
        samples = self._library.speak(
            respell(text, self._exceptions), self._voice, self._variant, rate_wpm=wpm
        )
        return Speech(_without_silence(samples))


def respell(text: str, exceptions: Mapping[str, str]) -> str:
    """`text` with the words in `exceptions` (keys in lower case) replaced.

    Brackets in the text itself are taken out: espeak-ng would read `[[…]]` as phonemes.
    """

    def said(word: re.Match[str]) -> str:
        instead = exceptions.get(word[0].casefold(), word[0])
        # Right behind a quotation mark espeak-ng does not see phonemes; after a space it does.
        return f" {instead}" if instead.startswith("[[") else instead

    return _WORD.sub(said, text.replace("[", " ").replace("]", " "))


def _without_silence(samples: Samples) -> Samples:
    """The sentence without the pause that espeak-ng puts around it: the first word comes sooner."""
    audible = np.flatnonzero(np.abs(samples.astype(np.int32)) > AUDIBLE)
    if not audible.size:
        return samples
    return samples[max(0, audible[0] - KEPT_SILENCE) : audible[-1] + KEPT_SILENCE]
