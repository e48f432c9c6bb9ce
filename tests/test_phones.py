"""The recogniser of sounds, and what lies beside its network."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE
from agent.voice.backends.model_file import MANIFEST
from agent.voice.backends.phone_table import NETWORK, SPELLING, read_table
from agent.voice.backends.phones import MOST_EXCESS, PhoneRecogniser
from agent.voice.base import NO_CHANCE, Utterance
from agent.voice.spelling import Way
from bench.made_up import room
from bench.make_sounds import speak

MODEL = Path(__file__).parents[1] / "models" / "speech-phones" / "speech-phones.onnx"


@pytest.fixture(scope="module")
def recogniser() -> PhoneRecogniser:
    return PhoneRecogniser(str(MODEL))


def said(phrase: str) -> Utterance:
    sound = speak(phrase, "m2", 45, 155, seed=1)
    return Utterance(sound, 0, len(sound))


@pytest.mark.parametrize(
    ("phrase", "others"),
    [
        pytest.param("åpne skuffen", ("åpne døren", "lukk skuffen"), id="never seen before"),
        pytest.param("punkt 3", ("punkt 2", "punkt 8"), id="numbers"),
        pytest.param("ring NHN", ("ring AMK", "ring DPS"), id="abbreviations"),
        pytest.param("kjør til Kjøpsvik", ("gjør til Gjøvik", "spør i Skjolden"), id="names"),
    ],
)
def test_it_tells_any_phrases_apart_without_training(
    recogniser: PhoneRecogniser, phrase: str, others: tuple[str, ...]
) -> None:
    grammar = (phrase, *others)
    recogniser.prepare(grammar)

    scores = recogniser.score(said(phrase), grammar)

    assert max(scores.phrases, key=scores.phrases.__getitem__) == phrase
    assert scores.phrases[phrase] > scores.garbage


@pytest.mark.parametrize("seconds", [0.0, 0.05, 6.5, 600.0])
def test_what_is_too_short_or_too_long_is_not_looked_at(
    recogniser: PhoneRecogniser, seconds: float
) -> None:
    noise = np.random.default_rng(0).integers(-9000, 9000, round(seconds * SAMPLE_RATE))
    recogniser.prepare(("start video",))

    scores = recogniser.score(Utterance(noise.astype(np.int16), 0, len(noise)), ("start video",))

    assert scores.phrases == {"start video": NO_CHANCE}


def test_a_phrase_without_letters_has_no_chance(recogniser: PhoneRecogniser) -> None:
    grammar = ("…", "start video")
    recogniser.prepare(grammar)

    scores = recogniser.score(said("start video"), grammar)

    assert scores.phrases["…"] == NO_CHANCE
    assert scores.phrases["start video"] > scores.garbage


def test_alone_such_a_phrase_is_never_heard(recogniser: PhoneRecogniser) -> None:
    recogniser.prepare(("…",))

    assert recogniser.score(said("start video"), ("…",)).phrases == {"…": NO_CHANCE}


def test_a_phrase_within_a_sentence_is_more_than_the_phrase(recogniser: PhoneRecogniser) -> None:
    phrase = "lyset er greit"
    recogniser.prepare((phrase,))

    alone, among = (
        recogniser.excess(recogniser.hear(said(text).samples), (phrase,))[phrase]
        for text in (phrase, "men lyset er greit nok her inne")
    )

    assert alone < 5
    assert among == MOST_EXCESS


def test_another_language_has_another_speller() -> None:
    class Code:
        """Each phrase is said as another one is spelt."""

        def pronunciations(self, phrase: str, limit: int) -> list[Way]:
            said = {"ena": "start video", "dyo": "pause"}[phrase]
            return read_table(MODEL).spelling.pronunciations(said, limit)

    coded = PhoneRecogniser(str(MODEL), speller=Code())
    coded.prepare(("ena", "dyo"))

    found = coded.score(said("start video"), ("ena", "dyo"))

    assert found.phrases["ena"] > max(found.garbage, found.phrases["dyo"])


def test_what_echoes_is_less_clear(recogniser: PhoneRecogniser) -> None:
    phrase = "lyset er greit"
    recogniser.prepare((phrase,))
    dry = said(phrase).samples
    wet = np.convolve(dry, room(0.8, -3, np.random.default_rng(1)))
    wet *= np.abs(dry).max() / np.abs(wet).max()

    near, far = (
        recogniser.fit(recogniser.hear(sound), (phrase,)) for sound in (dry, wet.astype(np.int16))
    )

    assert far.clarity < near.clarity < 0
    assert recogniser.fit(recogniser.hear(np.zeros(0, np.int16)), (phrase,)).clarity == 0


def test_there_is_no_excess_without_letters_or_without_sound(recogniser: PhoneRecogniser) -> None:
    recogniser.prepare(("start video",))
    nothing = recogniser.hear(np.zeros(0, np.int16))

    assert recogniser.excess(nothing, ("start video",)) == {"start video": 0}
    assert recogniser.excess(recogniser.hear(said("start video").samples), ("…",)) == {"…": 0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what lies beside the network."""
    for name in (NETWORK, SPELLING, MANIFEST):
        shutil.copy(MODEL.with_name(name), tmp_path / name)
    return tmp_path


def test_the_table_is_read_whole(folder: Path) -> None:
    table = read_table(folder / "x.onnx")

    assert table.numbers["a"] == 1
    assert table.fused.templates > 0
    assert table.weights.templates == 0


@pytest.mark.parametrize("name", [NETWORK, SPELLING])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(PartError) as caught:
        read_table(folder / "x.onnx")

    assert caught.value.fault is Fault.MODEL_MISSING
    assert str(caught.value.values["file"]).endswith(name)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param(NETWORK, {"sounds": None}, id="no sounds"),
        pytest.param(NETWORK, {"sounds": ["a", "b"]}, id="sounds that the spelling needs"),
        pytest.param(NETWORK, {"fused": {"fit": 1}}, id="weights missing"),
        pytest.param(SPELLING, {"rules": [["(", "a"]]}, id="not a pattern"),
        pytest.param(SPELLING, {"rules": [["a"]]}, id="half a rule"),
        pytest.param(SPELLING, {"words": {"ja": "j X"}}, id="an unknown sound"),
        pytest.param(SPELLING, {"words": 7}, id="no words"),
    ],
)
def test_a_table_that_is_not_right_is_corrupt(
    folder: Path, name: str, change: dict[str, object]
) -> None:
    file = folder / name
    content = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump(content | change), "utf-8")

    with pytest.raises(PartError) as caught:
        read_table(folder / "x.onnx")

    assert caught.value.fault is Fault.MODEL_CORRUPT


def test_a_network_that_is_another_file_is_refused(folder: Path) -> None:
    (folder / "x.onnx").write_bytes(b"not a network")

    with pytest.raises(PartError) as caught:
        PhoneRecogniser(str(folder / "x.onnx")).prepare(("start video",))

    assert caught.value.fault is Fault.MODEL_CORRUPT
