"""festival: exact phones in the diphone and HTS voices that Debian has for five languages."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.voice import wav

from .festival_phones import of_phones
from .speech import Say, Spoken, common_words, some_words, trimmed


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice, the language of its words, and how festival wants them written."""

    name: str
    language: str
    encoding: str = "latin-1"


VOICES = (
    Voice("suo_fi_lj_diphone", "fi"),
    Voice("hy_fi_mv_diphone", "fi"),
    *(Voice(f"czech_{name}", "cs", "iso-8859-2") for name in ("dita", "machac", "ph", "krb")),
    Voice("lp_diphone", "it"),
    Voice("pc_diphone", "it"),
    Voice("upc_ca_ona_hts", "ca"),
    Voice("cmu_us_slt_arctic_hts", "en"),
    Voice("kal_diphone", "en"),
    Voice("ked_diphone", "en"),
)

DEBIAN = (
    "festival festvox-suopuhe-lj festvox-suopuhe-mv festival-czech festvox-czech-dita "
    "festvox-czech-machac festvox-czech-ph festvox-czech-krb festvox-italp16k festvox-itapc16k "
    "festvox-ca-ona-hts festvox-us-slt-hts festvox-kallpc16k festvox-kdlpc16k"
)

LIMIT_S = 1800
"""Longest that one voice may take."""

_UTTERANCE = """\
(Parameter.set 'Duration_Stretch {stretch:.2f})
(set! u (utt.synth (Utterance Text "{text}")))
(utt.save.wave u "{folder}/{number}.wav")
(format t "\\n@@{number} %l\\n" (mapcar (lambda (s) (item.name s)) (utt.relation.items u 'Segment)))
"""
_ANSWER = re.compile(r"@@(\d+) \(([^)]*)\)")
_PHONE = re.compile(r'"([^"]*)"|(\S+)')


def is_there() -> bool:
    """Whether festival is installed; a voice that is not is left out later."""
    return shutil.which("festival") is not None


def speak(count: int, generator: np.random.Generator, say: Say) -> Iterator[Spoken]:
    """The same number in every voice; see `Family.speak`."""
    for voice in VOICES:
        with tempfile.TemporaryDirectory() as folder:
            script = _script(voice, -(-count // len(VOICES)), generator, folder)
            answer = _run(voice, script, Path(folder))
            if not answer:
                say(f"festival: left out, no voice {voice.name}")
            yield from _utterances(answer, voice, Path(folder))


def _script(voice: Voice, count: int, generator: np.random.Generator, folder: str) -> str:
    words = common_words(voice.language, 6000)
    lines = [f"(voice_{voice.name})\n"]
    for number in range(count):
        text, stretch = " ".join(some_words(words, generator)), generator.uniform(0.75, 1.25)
        if text == text.encode(voice.encoding, "ignore").decode(voice.encoding):
            lines.append(
                _UTTERANCE.format(text=text, stretch=stretch, folder=folder, number=number)
            )
    return "".join(lines)


def _run(voice: Voice, script: str, folder: Path) -> str:
    """What festival writes; nothing when the voice is not installed."""
    path = folder / "say.scm"
    path.write_text(script, voice.encoding)
    done = subprocess.run(
        ["festival", "-b", str(path)], capture_output=True, timeout=LIMIT_S, check=False
    )
    return done.stdout.decode(voice.encoding)


def _utterances(answer: str, voice: Voice, folder: Path) -> Iterator[Spoken]:
    for found in _ANSWER.finditer(answer):
        sounds = of_phones(phones(found[2]), voice.language)
        path = folder / f"{found[1]}.wav"
        if sounds is None or not path.exists():
            continue
        if (samples := trimmed(wav.decode(path.read_bytes()))) is not None:
            yield Spoken(samples, sounds)


def phones(answer: str) -> list[str]:
    """The names in a list that festival wrote, some of them in quotation marks."""
    return [quoted or plain for quoted, plain in _PHONE.findall(answer)]
