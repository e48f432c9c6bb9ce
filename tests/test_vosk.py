"""The back-end Vosk on the model that ships: what it promises, bad input and bad folders.

The model is trained on synthetic speech, and so are the sound files: they prove the chain.
"""

import json
import logging
import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.voice import wav
from agent.voice.backends.vosk import KEPT_GRAPHS, VoskRecogniser
from agent.voice.backends.vosk_folder import UNKNOWN, Calibration, read_folder
from agent.voice.backends.vosk_scores import LEVEL, LONGEST_S, LOWEST, calibrated, speech_in
from agent.voice.base import Scores, Utterance
from agent.voice.commands import Grammar
from agent.voice.decision import Thresholds, decide
from bench.hearing import SOUNDS, hardest_state, shipped_commands, sound_files, states

MODEL = Path(__file__).parents[1] / "models" / "vosk-nb"
TABLE = shipped_commands()
PHRASES = Grammar(TABLE).phrases
STATES = states(TABLE)
FEW = ("start video", "avslutt video", "hvilemodus")
NEW = ("pause video", "hvilemodus", "start hvilemodus")
"""No state's graph has the last one, but its words are known."""


def utterance(samples: Samples) -> Utterance:
    return Utterance(samples, 0, len(samples))


def spoken(name: str) -> Utterance:
    return utterance(wav.decode((SOUNDS / f"{name}.wav").read_bytes()))


def best(scores: Scores) -> str:
    return max(scores.phrases, key=scores.phrases.__getitem__)


@pytest.fixture(scope="module")
def recogniser() -> VoskRecogniser:
    engine = VoskRecogniser(str(MODEL))
    engine.prepare((*PHRASES, *NEW))
    return engine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the model that a test may spoil, without the manifest."""
    for name in ("am", "conf", "graph", "states"):
        shutil.copytree(MODEL / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def run_time_only(folder: Path) -> Path:
    """What an administrator may bring: Vosk's own layout, and nothing of ours."""
    shutil.rmtree(folder / "states")
    return folder


# What it hears


@pytest.mark.parametrize("grammar", [FEW, PHRASES, NEW], ids=["state", "all", "run-time grammar"])
def test_the_phrase_that_was_said_is_likeliest(
    recogniser: VoskRecogniser, grammar: tuple[str, ...]
) -> None:
    scores = recogniser.score(spoken("hvilemodus.f1"), grammar)

    assert set(scores.phrases) == set(grammar)
    assert best(scores) == "hvilemodus"
    assert scores.phrases["hvilemodus"] > scores.garbage


@pytest.mark.parametrize("grammar", [("avslutt video", "kamerahjelp"), NEW[1:]])
def test_what_is_not_valid_is_garbage(recogniser: VoskRecogniser, grammar: tuple[str, ...]) -> None:
    scores = recogniser.score(spoken("start_video.f1"), grammar)

    assert max(scores.phrases.values()) < scores.garbage


@pytest.mark.parametrize("name", sorted(path.stem for path in SOUNDS.glob("oov_*.wav")))
def test_talk_is_no_command(recogniser: VoskRecogniser, name: str) -> None:
    for state in (STATES[0], STATES[-1]):
        scores = recogniser.score(spoken(name), state.phrases)
        assert decide(scores, state, Thresholds()).command is None


def test_every_sound_file_is_understood_where_it_is_valid(recogniser: VoskRecogniser) -> None:
    everything = Grammar(TABLE)
    for name, phrase, sound in sound_files():
        if phrase is None:
            continue
        said = everything.command_of(phrase)
        state = hardest_state(said, STATES)
        scores = recogniser.score(utterance(sound), state.phrases)
        assert decide(scores, state, Thresholds()).command is said, name


def test_a_model_without_our_graphs_takes_any_grammar(run_time_only: Path) -> None:
    recogniser = VoskRecogniser(str(run_time_only))
    recogniser.prepare(FEW)

    assert best(recogniser.score(spoken("avslutt_video.m4"), FEW)) == "avslutt video"


def test_one_state_after_another_keeps_few_graphs(recogniser: VoskRecogniser) -> None:
    said = spoken("hvilemodus.f1")
    for state in STATES[: KEPT_GRAPHS + 2]:
        recogniser.score(said, state.phrases)

    assert len(recogniser._static) == KEPT_GRAPHS


# Words that no lexicon knows


def test_an_unknown_word_is_told_once_and_never_heard(caplog: pytest.LogCaptureFixture) -> None:
    recogniser = VoskRecogniser(str(MODEL))
    grammar = (*FEW, "start xylqwert")
    with caplog.at_level(logging.WARNING):
        recogniser.prepare(grammar)
        recogniser.prepare(grammar)
        scores = recogniser.score(spoken("start_video.f1"), grammar)

    assert [record.args for record in caplog.records] == [("start xylqwert",)]
    assert scores.phrases["start xylqwert"] == LOWEST
    assert best(scores) == "start video"


@pytest.mark.parametrize("phrase", ["xylqwert", "", " ", "[unk]", "<eps>", "#0", '"', "10 %"])
def test_a_grammar_of_one_that_cannot_be_said(recogniser: VoskRecogniser, phrase: str) -> None:
    engine = VoskRecogniser(str(MODEL))
    engine.prepare([phrase])

    assert engine.score(spoken("start_video.f1"), [phrase]) == Scores({phrase: LOWEST}, 0.0)


# Bad input


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.03, 0.2, 2.9, 600.0])
@pytest.mark.parametrize("level", [0, 1, 3000, 32767])
def test_no_sound_breaks_it_and_noise_is_no_command(
    recogniser: VoskRecogniser, seconds: float, level: int
) -> None:
    noise = np.random.default_rng(1).integers(-level, level + 1, round(seconds * SAMPLE_RATE))
    scores = recogniser.score(utterance(noise.astype(np.int16)), STATES[-1].phrases)

    assert np.isfinite([*scores.phrases.values(), scores.garbage]).all()
    assert decide(scores, STATES[-1], Thresholds()).command is None


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(np.full(16000, np.nan), id="not a number"),
        pytest.param(np.full(16000, np.inf), id="infinite"),
        pytest.param(np.full(16000, 12345, np.int16), id="direct current"),
        pytest.param(np.zeros((0, 2), np.int16), id="empty, two channels"),
    ],
)
def test_what_is_no_sound_is_no_command(recogniser: VoskRecogniser, samples: Samples) -> None:
    assert recogniser.score(utterance(samples), FEW) == Scores(dict.fromkeys(FEW, LOWEST), 0.0)


def test_an_empty_grammar_gives_no_scores(recogniser: VoskRecogniser) -> None:
    assert recogniser.score(spoken("start_video.f1"), ()).phrases == {}


def test_a_phrase_that_was_not_prepared_is_refused(recogniser: VoskRecogniser) -> None:
    with pytest.raises(ValueError, match="not prepared"):
        recogniser.score(spoken("start_video.f1"), ("noe helt annet",))


def test_it_travels_to_another_process() -> None:
    recogniser = pickle.loads(pickle.dumps(VoskRecogniser(str(MODEL))))
    recogniser.prepare(FEW)
    scores = pickle.loads(pickle.dumps(recogniser.score(spoken("start_video.f1"), FEW)))

    assert best(scores) == "start video"


def test_it_is_silent(recogniser: VoskRecogniser, capfd: pytest.CaptureFixture[str]) -> None:
    engine = VoskRecogniser(str(MODEL))
    engine.prepare(NEW)
    engine.score(spoken("start_video.f1"), NEW)

    assert capfd.readouterr() == ("", "")


# Bad folders


def fault_of(folder: Path) -> Fault:
    with pytest.raises(PartError) as raised:
        VoskRecogniser(str(folder)).prepare(FEW)
    return raised.value.fault


NEEDED = (
    *("am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst", "graph/Gr.fst", "graph/words.txt"),
    *("graph/disambig_tid.int", "states/00/HCLG.fst", "states/00/words.txt"),
)


@pytest.mark.parametrize("name", [name for name in NEEDED if name != "graph/HCLr.fst"])
def test_a_missing_file_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()

    assert fault_of(folder) is Fault.MODEL_MISSING


@pytest.mark.parametrize("name", [name for name in NEEDED if "disambig" not in name])
def test_an_empty_file_is_told(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")

    assert fault_of(folder) is Fault.MODEL_CORRUPT


@pytest.mark.parametrize(
    "name", ["am/final.mdl", "graph/HCLr.fst", "graph/Gr.fst", "graph/words.txt"]
)
def test_a_file_that_is_something_else_is_told(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"<html>not found</html>\n" * 100)

    assert fault_of(folder) is Fault.MODEL_CORRUPT


@pytest.mark.parametrize("name", ["am/final.mdl", "graph/HCLr.fst", "graph/Gr.fst"])
def test_a_file_that_is_cut_short_is_told(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])

    assert fault_of(folder) is Fault.MODEL_CORRUPT


@pytest.mark.parametrize("content", ["[", "{}", '[{"graph": "00"}]', "null", '["x"]'])
def test_a_spoilt_list_of_graphs_is_told(folder: Path, content: str) -> None:
    (folder / "states" / "states.json").write_text(content)

    assert fault_of(folder) in (Fault.MODEL_CORRUPT, Fault.MODEL_MISSING)


@pytest.mark.parametrize(
    "change",
    [
        {"files": [{"name": "conf/model.conf", "sha256": "00"}]},
        {"files": [{"sha256": "00"}]},
        {"files": ["conf/model.conf"]},
        {"files": None},
        {"files": [], "calibration": {"static": {}}},
        {"files": [], "calibration": 3},
    ],
)
def test_a_manifest_that_does_not_fit_is_told(folder: Path, change: Mapping[str, object]) -> None:
    (folder / "model.yaml").write_text(yaml.safe_dump(change))

    assert fault_of(folder) is Fault.MODEL_CORRUPT


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "nothing") is Fault.MODEL_MISSING
    assert fault_of(tmp_path) is Fault.MODEL_MISSING


def test_a_model_for_dictation_is_refused(run_time_only: Path) -> None:
    (run_time_only / "graph" / "HCLr.fst").rename(run_time_only / "graph" / "HCLG.fst")

    assert fault_of(run_time_only) is Fault.GRAMMAR_REFUSED


def test_a_model_without_a_word_for_other_speech_is_refused(run_time_only: Path) -> None:
    path = run_time_only / "graph" / "words.txt"
    path.write_text(path.read_text("utf-8").replace(UNKNOWN, "[noise]"), "utf-8")

    assert fault_of(run_time_only) is Fault.GRAMMAR_REFUSED


def test_the_older_layout_is_read_too(run_time_only: Path) -> None:
    flat = run_time_only / "flat"
    flat.mkdir()
    for path in run_time_only.rglob("*/*.*"):
        shutil.copy(path, flat / path.name)

    assert read_folder(flat).words == read_folder(run_time_only).words


def test_the_shipped_folder_knows_every_phrase_of_every_state() -> None:
    read = read_folder(MODEL)
    known = {state.phrases for state in read.states}

    assert {frozenset(state.phrases) for state in STATES} == known
    assert all(set(phrase.split()) <= read.words for phrase in PHRASES)
    assert json.loads((MODEL / "states" / "states.json").read_text("utf-8"))


# Scores


def test_path_scores_become_log_odds() -> None:
    heard = {"a": -10.0, UNKNOWN: -14.0, "b": -12.0}
    scores = calibrated(heard, {"A": "a", "C": "c"}, Calibration(scale=0.5, offset=-1.0))

    assert scores.phrases == {"A": pytest.approx(1.0), "C": LOWEST}
    assert scores.garbage == pytest.approx(np.log(1 + np.exp(0.0)))


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "", UNKNOWN]), st.floats(-1e6, 1e6, allow_nan=False)
    )
)
def test_scores_are_always_numbers(heard: dict[str, float]) -> None:
    scores = calibrated(heard, {"A": "a", "B": "b"}, Calibration())

    assert set(scores.phrases) == {"A", "B"}
    assert np.isfinite([*scores.phrases.values(), scores.garbage]).all()
    assert min(scores.phrases.values()) >= LOWEST


@given(st.integers(0, 6 * SAMPLE_RATE), st.integers(0, 32767))
def test_speech_is_bounded_and_at_its_level(length: int, level: int) -> None:
    noise = np.random.default_rng(length).integers(-level, level + 1, length).astype(np.int16)
    speech = speech_in(noise)

    if speech is not None:
        assert len(speech) <= LONGEST_S * SAMPLE_RATE
        assert np.sqrt(np.mean(speech.astype(float) ** 2)) == pytest.approx(LEVEL, rel=0.05)
