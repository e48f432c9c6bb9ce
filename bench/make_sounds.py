"""Synthesise the speech of the demonstration and the tests: `python -m bench.make_sounds`.

espeak-ng's Norwegian voice in variants that the recogniser's templates do not use. Every file is
16 kHz mono 16-bit WAV with a little silence around the speech, and is synthetic.
"""

import sys
import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import yaml

from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.espeak import respell
from agent.voice.backends.espeak_library import EspeakLibrary

ROOT = Path(__file__).parents[1]
SOUNDS = ROOT / "tests" / "sounds"
PRONUNCIATION = ROOT / "config" / "pronunciation.yaml"

VARIANTS = {"f1": (60, 150), "m4": (40, 160)}
"""espeak-ng's variant -> pitch and words a minute. None of them is in `templates.VOICES`."""

LEVEL = 3000
"""Root mean square of the speech, of 32767: a head microphone at a quiet voice."""

ROOM = 12
"""Greatest amplitude of the noise around and under the speech."""

SILENCE_BEFORE_S, SILENCE_AFTER_S = 0.15, 0.15

PHRASES = (
    *("kamerahjelp", "start video", "avslutt video", "pause video", "fortsett video"),
    *("frys bildet", "demp mikrofon", "åpne mikrofon", "zoom normal", "zoom dobbel", "zoom maks"),
    *("vis status", "vis kommandoer", "vis forberedelser", "vis oppstart", "vis avslutning"),
    *("vis dokumentasjon", "klart", "nei", "ikke aktuelt", "gjenta punktet", "hopp over"),
    *("gå tilbake", "lukk listen", "høyere volum", "senk volumet", "hvilemodus"),
    *("ring sårpoliklinikken", "ring superbruker", "ring helsenett", "bekreft", "avbryt"),
    *("lyset er greit", "hald fram video", "frys biletet", "opne mikrofon", "vis førebuingar"),
    *("ikkje aktuelt", "stadfest", "lukk lista", "bytt til nynorsk", "byt til bokmål"),
    *("lag feilmelding", "bildet er borte", "dårlig bilde", "ingen lyd", "ekko i lyden"),
    *("mistet forbindelsen", "kom ikke inn", "fant ikke kamera", "kommandoen virket ikke"),
    *("tomt for strøm", "fortsatte med hodekamera", "fortsatte på ipad"),
    *("gikk over til telefon", "konsultasjonen ble utsatt"),
    *("juster kamera", "mer lys", "slukk kameralykta"),
)

TALK = {
    "avslutte": "da kan du bare avslutte videoen",
    "lys": "kan du skru på mer lys",
    "hæl": "huden på hælen er litt rød i dag",
    "bandasje": "jeg skifter bandasjen nå",
    "vondt": "gjør det vondt når jeg tar her",
    "mikrofon": "du må gjerne dempe mikrofonen på ipaden",
    "bilde": "kan du holde bildet litt roligere",
    "kaffe": "vi tar en kopp kaffe etterpå",
}
"""Ordinary talk beside a wound: not a command. Name -> sentence."""


def pronunciation() -> Mapping[str, str]:
    """The words that espeak-ng needs help with, as the agent's own voice gets them."""
    words: Mapping[str, str] = yaml.safe_load(PRONUNCIATION.read_text("utf-8"))["words"]
    return words


def speak(text: str, variant: str, pitch: int, rate_wpm: int, seed: int = 0) -> Samples:
    """One utterance with room noise and silence around it, at `LEVEL`. Shape (n,), 16 kHz."""
    spelt = respell(text, pronunciation())
    speech = EspeakLibrary().speak(spelt, variant=variant, pitch=pitch, rate_wpm=rate_wpm)
    loud = speech * (LEVEL / np.sqrt(np.mean(speech.astype(np.float64) ** 2)))
    around = (round(SILENCE_BEFORE_S * SAMPLE_RATE), round(SILENCE_AFTER_S * SAMPLE_RATE))
    padded = np.pad(loud, around)
    noise = np.random.default_rng(seed).integers(-ROOM, ROOM + 1, len(padded))
    return np.clip(padded + noise, -32767, 32767).astype(np.int16)


def write(path: Path, samples: Samples) -> None:
    """A WAV file, 16 kHz, mono, 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        file.writeframes(samples.astype("<i2").tobytes())


def main() -> None:
    """Write every file anew."""
    texts = {phrase.replace(" ", "_"): phrase for phrase in PHRASES}
    texts |= {f"oov_{name}": sentence for name, sentence in TALK.items()}
    for name, text in texts.items():
        for variant, (pitch, rate) in VARIANTS.items():
            write(SOUNDS / f"{name}.{variant}.wav", speak(text, variant, pitch, rate))
    sys.stdout.write(f"{len(texts) * len(VARIANTS)} files in {SOUNDS}\n")


if __name__ == "__main__":
    main()
