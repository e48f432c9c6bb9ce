"""People for the weights: announcements that were recorded for telephone exchanges.

Four people in five languages, none of them Norwegian, so the opinions are asked in each language:
the sounds by espeak-ng's spelling rules, the templates in its voices, Whisper's decoder with the
language's tokens. No network has learnt from them. Needs the extra `train`, `python -m agent models
get whisper-base`, and Debian packages that are named when they are missing.
"""

import gzip
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from agent.frames import SAMPLE_RATE, Samples
from agent.recognisers import WORDS
from agent.voice.spelling import Way, classes
from bench.hearing import ROOT

# The recipes are no packages: each is made in its own folder.
sys.path += [str(ROOT / "models" / each) for each in ("speech-phones", "speech-words")]

from recipe.espeak import ipa
from recipe.sounds import of_ipa
from recipe.speech import trimmed
from words_recipe.command import write

LENGTHS_S = (0.4, 2.2)
MOST_WORDS, LEAST_SOUNDS = 4, 3
"""Of an announcement that is as long as a command."""

MOST = 112
"""Announcements of each: seven choices of 16."""

_SOUNDS = Path("/usr/share/asterisk/sounds")
_TEXTS = "/usr/share/doc/asterisk-core-sounds-{0}/core-sounds-{0}.txt.gz"
_REMARK = frozenset("[]()<>")
"""A text with one of these describes what is heard: «[ascending tones]»."""


@dataclass(frozen=True, slots=True)
class Announcer:
    """A person in a language; a Speller by espeak-ng's rules: one way to say each phrase."""

    language: str
    """As Debian's package is named, and what Whisper calls it."""
    voice: str
    """What espeak-ng calls it."""
    folder: str

    def pronunciations(self, phrase: str, limit: int) -> list[Way]:
        """As `Speller`'s; also empty when a sound has no counterpart in Norwegian."""
        sounds = of_ipa(ipa(phrase, self.voice).replace("_", ""))
        return [Way(classes(sounds), ())] if sounds else []

    def announcements(self) -> Mapping[str, Samples]:
        """What is said -> its recording, shape (n,), 16 kHz, without silence at its ends.

        `MOST` by chance, always the same. Ends with a message when they are not installed.
        """
        if not (_SOUNDS / self.folder).is_dir():
            name = f"asterisk-core-sounds-{self.language}"
            sys.exit(f"apt-get install {name} {name}-g722")
        found = dict(self._short())
        chosen = np.random.default_rng(0).permutation(sorted(found)).tolist()[:MOST]
        return {text: found[text] for text in chosen}

    def words(self, whisper: Path, folder: Path) -> Path:
        """The word scorer's model for the language, made in `folder`."""
        made = folder / WORDS  # A model's folder has its name.
        write(whisper, made, words_of=self.language, told=self.language)
        return made

    def _short(self) -> Iterator[tuple[str, Samples]]:
        """Those that are as long as commands and made of sounds that we know."""
        listed = Path(_TEXTS.format(self.language)).read_bytes()
        for name, text in texts(gzip.decompress(listed).decode("utf-8-sig")).items():
            path = _SOUNDS / self.folder / f"{name}.g722"
            ways = self.pronunciations(text, 1)
            if len(text.split()) > MOST_WORDS or not path.exists():
                continue
            if not ways or len(ways[0].sounds) < LEAST_SOUNDS:
                continue
            sound = trimmed(_decode(path))
            if sound is not None and LENGTHS_S[0] <= len(sound) / SAMPLE_RATE <= LENGTHS_S[1]:
                yield text, sound


ANNOUNCERS = (
    Announcer("en", "en-us", "en_US_f_Allison"),
    Announcer("es", "es-419", "es_MX_f_Allison"),
    Announcer("fr", "fr", "fr_CA_f_June"),
    Announcer("it", "it", "it_IT_m_Carlo"),
    Announcer("ru", "ru", "ru_RU_f_IvrvoiceRU"),
)


def texts(listed: str) -> Mapping[str, str]:
    """Name -> what is said, without capitals and the full stop, of a list with lines such as
    `name: What is said.`; remarks and empty ones are left out."""
    lines = (line.partition(":") for line in listed.splitlines() if not line.startswith(";"))
    said = {name.strip(): text.strip(" .!?…").casefold() for name, _, text in lines}
    return {name: text for name, text in said.items() if text and not _REMARK & set(text)}


def _decode(path: Path) -> Samples:
    """A recording in G.722, which is wideband: shape (n,), 16 kHz."""
    with av.open(str(path), format="g722") as container:
        frames = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.int16)
