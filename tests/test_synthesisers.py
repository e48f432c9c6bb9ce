"""Voices: what all of them promise, how words are corrected, and what happens without them."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.registry import BACKENDS, Kind, load
from agent.voice.backends.espeak import EspeakSynthesiser, respell
from agent.voice.backends.piper import PiperSynthesiser
from agent.voice.backends.system import SystemSynthesiser
from agent.voice.base import Speech, Synthesiser
from agent.worker import Worker

PRONUNCIATION = Path(__file__).parent.parent / "config" / "pronunciation.yaml"
WORDS: dict[str, str] = yaml.safe_load(PRONUNCIATION.read_text(encoding="utf-8"))["words"]

needs_espeak_program = pytest.mark.skipif(
    shutil.which("espeak-ng") is None,
    reason="the program espeak-ng, the system voice on Linux, is not installed",
)


def level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def timbre(samples: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The spectrum in 128 bands, as a unit vector. espeak-ng never says a sentence twice alike."""
    bands = np.abs(np.fft.rfft(samples, 1 << 16))[: 1 << 15].reshape(128, -1).mean(axis=1)
    return np.asarray(bands / np.linalg.norm(bands))


@pytest.mark.parametrize(
    "make",
    [EspeakSynthesiser, pytest.param(SystemSynthesiser, marks=needs_espeak_program)],
)
def test_a_voice_speaks_longer_for_more_text_and_shorter_when_faster(
    make: Callable[[], Synthesiser],
) -> None:
    voice = make()
    short = voice.speak("Rommet er låst.").samples
    long = voice.speak("Rommet er låst. Ingen opptak. Rommet er låst. Ingen opptak.").samples
    slow, fast = (voice.speak("Rommet er låst.", rate).samples for rate in (0.7, 1.5))

    for samples in (short, long, slow, fast):
        assert samples.dtype == np.int16
        assert samples.ndim == 1
        assert level(samples) > 500
    assert 0.5 < len(short) / SAMPLE_RATE < 3
    assert len(long) > 2 * len(short)
    assert len(fast) < len(short) < len(slow)


def test_the_first_word_comes_at_once() -> None:
    samples = EspeakSynthesiser().speak("Såret er godt opplyst.").samples

    assert level(samples[: SAMPLE_RATE // 10]) > 100


def test_a_variant_is_another_voice() -> None:
    plain = EspeakSynthesiser().speak("Hei").samples
    other = EspeakSynthesiser(variant="f2").speak("Hei").samples

    assert np.dot(timbre(plain), timbre(other)) < 0.95


def test_an_unknown_voice_is_a_fault() -> None:
    with pytest.raises(PartError) as caught:
        EspeakSynthesiser(voice="no-such-language").speak("Hei")
    assert caught.value.fault is Fault.SYNTHESISER_FAILED


async def test_a_voice_works_in_a_process_of_its_own() -> None:
    crashed, slow = Fault.SYNTHESISER_FAILED, Fault.SYNTHESISER_FAILED
    async with Worker(EspeakSynthesiser, crashed, slow) as worker:
        speech = await worker.call(60.0, "speak", "Rommet er låst.", 1.0)

    here = EspeakSynthesiser().speak("Rommet er låst.")
    assert isinstance(speech, Speech)
    assert len(speech.samples) == pytest.approx(len(here.samples), rel=0.01)


# Pronunciation.


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Åpne Join.", " [[1]] Join."),
        ("Sei «åpne».", "Sei « [[1]]»."),
        ("åpnet og gjenåpne", "åpnet å gjenåpne"),
        ("ID-bevis", "idebevis"),
        ("[[kryss]] 4", "  kryss   4"),
        ("", ""),
    ],
)
def test_whole_words_are_replaced_and_phonemes_stand_alone(text: str, read: str) -> None:
    assert respell(text, {"åpne": "[[1]]", "og": "å", "id-bevis": "idebevis"}) == read


@given(st.text())
def test_text_can_never_smuggle_phonemes_in(text: str) -> None:
    assert "[" not in respell(text, {})


@pytest.mark.parametrize("word", ["avslutt", "åpne", "prosent", "og"])
def test_an_exception_changes_what_is_heard_wherever_the_word_stands(word: str) -> None:
    plain, corrected = EspeakSynthesiser(), EspeakSynthesiser(exceptions=WORDS)
    for text in (word, f"Si «{word}».", f"{word.upper()}!"):
        before, again, after = (
            len(voice.speak(text).samples) for voice in (plain, plain, corrected)
        )
        assert again == pytest.approx(before, rel=0.005)
        assert after != pytest.approx(before, rel=0.02)
        # Phonemes that espeak-ng does not understand are silently left out: nothing may be lost.
        assert after > 0.8 * before


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_configuration_is_audible(word: str) -> None:
    said = EspeakSynthesiser(exceptions=WORDS).speak(f"«{word}»").samples

    assert word == word.casefold()
    assert len(said) > 0.12 * SAMPLE_RATE
    assert level(said) > 500


# Without the voice.


@pytest.mark.parametrize("name", BACKENDS[Kind.SYNTHESISER])
def test_every_voice_can_be_named_in_the_configuration(name: str) -> None:
    assert callable(load(Kind.SYNTHESISER, name).speak)


def speaking_fails(voice: Synthesiser) -> PartError:
    with pytest.raises(PartError) as caught:
        voice.speak("Hei")
    return caught.value


def test_a_missing_piper_package_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)  # As if it were not installed.

    failure = speaking_fails(PiperSynthesiser(str(tmp_path / "voice.onnx")))

    assert failure.fault is Fault.SYNTHESISER_MISSING


class FakePiper:
    """The part of `piper` that is used, refusing every model."""

    class PiperVoice:
        @staticmethod
        def load(model: Path, config_path: Path) -> object:
            raise ValueError("not a model")


def test_a_missing_or_corrupt_piper_model_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "piper", FakePiper)
    model = tmp_path / "voice.onnx"

    assert speaking_fails(PiperSynthesiser(str(model))).fault is Fault.MODEL_MISSING

    model.write_bytes(b"nonsense")
    Path(f"{model}.json").write_text("{}", encoding="utf-8")
    assert speaking_fails(PiperSynthesiser(str(model))).fault is Fault.MODEL_CORRUPT


def program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.mark.skipif(
    os.name == "nt", reason="stands in for the system's program with a shell script"
)
@pytest.mark.parametrize(
    ("platform", "name"), [("win32", "powershell"), ("darwin", "say"), ("linux", "espeak-ng")]
)
@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (None, Fault.SYNTHESISER_MISSING),
        ("exit 3", Fault.SYNTHESISER_MISSING),
        ("exit 1", Fault.SYNTHESISER_FAILED),
        ("echo nonsense", Fault.SYNTHESISER_FAILED),
    ],
)
def test_a_system_voice_that_is_missing_or_fails_is_a_fault(
    platform: str,
    name: str,
    script: str | None,
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if script is not None:
        program(tmp_path, name, script)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert speaking_fails(SystemSynthesiser(platform=platform)).fault is fault
