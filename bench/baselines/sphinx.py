"""pocketsphinx's English model with Norwegian spelt in its phones: the smallest engine there is.

Needs the extra `bench` (pocketsphinx, which brings its model).
"""

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE
from agent.voice.base import Scores, Utterance

SCALE = 1024
"""pocketsphinx gives its scores as 2^-10 of their logarithm, and that not as a logarithm."""

IMPOSSIBLE = -50.0

SPELLINGS = (
    *((r"skj|sj|sch", "SH"), (r"sk(?=i|y|ei|øy)", "SH"), (r"kj|tj", "CH"), (r"k(?=i|y|ei)", "CH")),
    *((r"gj|hj|g(?=i\b|y|ei)", "Y"), (r"hv", "V"), (r"ng", "NG"), (r"nk", "NG K"), (r"rs", "SH")),
    *((r"ei|eg(?=n)", "EY"), (r"øy", "OY"), (r"au", "AW"), (r"ai", "AY")),
    *((r"aa|å", "AO"), (r"a", "AA"), (r"æ", "AE"), (r"ø", "ER"), (r"y", "IY"), (r"i", "IY")),
    *((r"u", "UW"), (r"o", "UW"), (r"er\b", "AH R"), (r"e\b", "AH"), (r"en\b", "AH N")),
    *((r"e", "EH"), (r"j", "Y"), (r"z", "S"), (r"x", "K S"), (r"c|q", "K"), (r"w", "V")),
    *((letter, letter.upper()) for letter in "bdfgklmnprstv"),
    *((r"h", "HH"),),
)
"""Norwegian spelling -> ARPAbet, the first that fits."""

_ANY = re.compile("|".join(f"({pattern})" for pattern, _ in SPELLINGS))


class Sphinx:
    """A Recogniser: the best phrase of a grammar against a loop of all phones."""

    def __init__(self) -> None:
        self._decoders: dict[tuple[str, ...], Any] = {}
        self._make: Callable[..., Any]
        self._loop: Any = None

    def prepare(self, phrases: Sequence[str]) -> None:
        """Raises PartError(BACKEND_NOT_INSTALLED)."""
        try:
            from pocketsphinx import Decoder, get_model_path
        except ImportError as error:
            names = {"kind": "recogniser", "name": "pocketsphinx", "detail": str(error)}
            raise PartError(Fault.BACKEND_NOT_INSTALLED, **names) from error
        model = f"{get_model_path()}/en-us"
        self._make = partial(Decoder, hmm=f"{model}/en-us", loglevel="FATAL", lm=None, dict=None)
        phones_of_speech = f"{model}/en-us-phone.lm.bin"
        self._loop = self._make(allphone=phones_of_speech, lw=2.0, beam=1e-10, pbeam=1e-10)
        self._decoders.clear()

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Only the phrase that the decoder took gets odds; it tells nothing of the others."""
        scores = dict.fromkeys(grammar, IMPOSSIBLE)
        if not grammar or not len(utterance.samples):
            return Scores(scores, 0.0)
        best, fit = _decode(self._decoder(tuple(grammar)), utterance)
        _, free = _decode(self._loop, utterance)
        if best and fit and free:
            phrase = grammar[int(best.split()[0].removeprefix("p").partition("w")[0])]
            frames = len(utterance.samples) / (SAMPLE_RATE / 100)
            scores[phrase] = SCALE * (math.log(fit) - math.log(free)) / frames
        return Scores(scores, 0.0)

    def _decoder(self, grammar: tuple[str, ...]) -> Any:
        if grammar not in self._decoders:
            decoder = self._make()
            rules = []
            for number, phrase in enumerate(grammar):
                words = [f"p{number}w{at}" for at in range(len(phrase.split()))]
                for name, word in zip(words, phrase.split(), strict=True):
                    decoder.add_word(name, phones(word), update=True)
                rules.append(" ".join(words))
            alternatives = " | ".join(rules)
            decoder.add_jsgf_string("g", f"#JSGF V1.0; grammar g; public <c> = {alternatives};")
            decoder.activate_search("g")
            self._decoders[grammar] = decoder
        return self._decoders[grammar]


def _decode(decoder: Any, utterance: Utterance) -> tuple[str | None, float | None]:
    decoder.start_utt()
    decoder.process_raw(utterance.samples.tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return (hypothesis.hypstr, hypothesis.score) if hypothesis else (None, None)


def phones(word: str) -> str:
    """A Norwegian word in ARPAbet; letters that it does not know are left out."""
    found = _ANY.finditer(re.sub(r"([^\W\d_])\1", r"\1", word.casefold()))
    spelt = " ".join(SPELLINGS[(match.lastindex or 1) - 1][1] for match in found)
    return spelt or "AH"
