"""What every recogniser promises, and what the shipped one makes of the sound files.

The sound files are synthetic, like the templates: they prove the chain, not how people are heard.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest

from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.messages import Command
from agent.recognisers import WORDS
from agent.voice.backends.alignment import Templates, Vectors
from agent.voice.backends.fused import FusedRecogniser
from agent.voice.backends.phones import PhoneRecogniser
from agent.voice.backends.templates import FILLERS, TemplateRecogniser
from agent.voice.base import Recogniser, Scores, Utterance
from agent.voice.commands import Grammar
from agent.voice.decision import Decision, Thresholds, decide
from bench.conditions import in_room
from bench.hearing import (
    ANSWERS,
    MODEL,
    commands_of,
    hardest_state,
    shipped_commands,
    sound_files,
    states,
    utterances,
)
from bench.made_up import room
from bench.make_sounds import pronunciation

PHONES = MODEL.parents[1] / "speech-phones" / "speech-phones.onnx"
MAKE: dict[str, Callable[[], Recogniser]] = {
    "fused": lambda: FusedRecogniser(
        str(PHONES), pronunciation(), templates=str(MODEL), words=str(PHONES.parents[1] / WORDS)
    ),
    "phones": lambda: PhoneRecogniser(str(PHONES)),
    "templates": lambda: TemplateRecogniser(str(MODEL), pronunciation()),
}
"""Those that know any phrase with what is in the repository; the others have their own tests."""
TABLE = shipped_commands()
PHRASES = Grammar(TABLE).phrases
STATES = states(TABLE)
FEW = ("start video", "avslutt video", "hvilemodus")


@dataclass(frozen=True)
class Heard:
    """One sound file after the detector and the segmenter."""

    name: str
    command: Command | None
    found: list[Utterance]

    @property
    def utterance(self) -> Utterance:
        (utterance,) = self.found
        return utterance


@pytest.fixture(scope="module")
def heard() -> list[Heard]:
    everything = Grammar(TABLE)
    files = []
    for name, phrase, sound in sound_files():
        command = everything.command_for_text(phrase) if phrase else None
        assert (phrase is None) == (command is None), f"{name} is no phrase of commands.yaml"
        files.append(Heard(name, command, utterances(sound)))
    return files


@pytest.fixture(scope="module", params=sorted(MAKE))
def recogniser(request: pytest.FixtureRequest) -> Recogniser:
    engine = MAKE[request.param]()
    engine.prepare(PHRASES)
    return engine


@pytest.fixture(scope="module")
def default() -> Recogniser:
    """The engine that ships as the default."""
    engine = MAKE[Settings().voice.recogniser]()
    engine.prepare(PHRASES)
    return engine


def utterance(samples: Samples) -> Utterance:
    return Utterance(samples, 0, len(samples))


def spoken(heard: list[Heard], name: str) -> Utterance:
    return next(each.utterance for each in heard if each.name.startswith(name))


# The contract


def test_it_scores_the_grammar_and_nothing_else(recogniser: Recogniser, heard: list[Heard]) -> None:
    scores = recogniser.score(spoken(heard, "start_video"), FEW)

    assert set(scores.phrases) == set(FEW)
    assert np.isfinite([*scores.phrases.values(), scores.garbage]).all()
    assert max(scores.phrases, key=scores.phrases.__getitem__) == "start video"
    assert scores.phrases["start video"] > scores.garbage


def test_what_is_not_valid_now_counts_as_garbage(
    recogniser: Recogniser, heard: list[Heard]
) -> None:
    scores = recogniser.score(spoken(heard, "start_video"), ("avslutt video", "hvilemodus"))

    assert max(scores.phrases.values()) < scores.garbage


def test_a_phrase_that_was_not_prepared_is_refused(
    recogniser: Recogniser, heard: list[Heard]
) -> None:
    with pytest.raises(ValueError, match="not prepared"):
        recogniser.score(spoken(heard, "start_video"), ("start video", "noe helt annet"))


def test_an_empty_grammar_gives_no_scores(recogniser: Recogniser, heard: list[Heard]) -> None:
    assert recogniser.score(spoken(heard, "start_video"), ()).phrases == {}


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.2, 4.0])
@pytest.mark.parametrize("level", [0, 1, 3000, 32767])
def test_no_sound_breaks_it_and_noise_is_no_command(
    recogniser: Recogniser, seconds: float, level: int
) -> None:
    noise = np.random.default_rng(1).integers(-level, level + 1, round(seconds * SAMPLE_RATE))
    for grammar in (STATES[0], STATES[-1]):
        is_no_command(recogniser, noise.astype(np.int16), grammar)


@pytest.mark.parametrize("dc", [-32768, -3000, 1, 32767])
def test_a_microphone_that_is_stuck_says_nothing(recogniser: Recogniser, dc: int) -> None:
    is_no_command(recogniser, np.full(SAMPLE_RATE, dc, np.int16), STATES[-1])


def test_ten_minutes_of_speech_are_no_command_and_cost_nothing(
    recogniser: Recogniser, heard: list[Heard]
) -> None:
    speech = spoken(heard, "start_video").samples
    minutes = np.resize(speech, 600 * SAMPLE_RATE)
    before = psutil.Process().memory_info().rss

    is_no_command(recogniser, minutes, STATES[-1])

    assert psutil.Process().memory_info().rss - before < minutes.nbytes


def is_no_command(recogniser: Recogniser, samples: Samples, grammar: Grammar) -> None:
    scores = recogniser.score(utterance(samples), grammar.phrases)

    assert np.isfinite([*scores.phrases.values(), scores.garbage]).all()
    assert decide(scores, grammar, Thresholds()).command is None


def test_a_grammar_of_one_is_no_reason_to_guess(recogniser: Recogniser, heard: list[Heard]) -> None:
    one = Grammar(TABLE, frozenset({Command.END_VIDEO}))
    for each in heard[::4]:
        decision = decide(recogniser.score(each.utterance, one.phrases), one, Thresholds())
        assert decision.command in {None, each.command}, each.name


ODD = ("vis punkt 14", "EPJ", "8 %", "kl. 12.30", "Ødegård-Åsmyhr", "xqzw", "…", "日本", "a" * 200)
"""Numbers, abbreviations, names that no lexicon knows, and what nobody can say."""


@pytest.mark.parametrize("name", sorted(MAKE))
def test_any_text_may_be_a_phrase_and_disturbs_no_other(name: str, heard: list[Heard]) -> None:
    recogniser = MAKE[name]()
    recogniser.prepare([*FEW, *ODD])
    scores = recogniser.score(spoken(heard, "start_video"), [*FEW, *ODD])

    assert np.isfinite([*scores.phrases.values(), scores.garbage]).all()
    assert max(scores.phrases, key=scores.phrases.__getitem__) == "start video"
    assert scores.phrases["start video"] > scores.garbage


@pytest.mark.parametrize("gain", [0.1, 1.8])
def test_loudness_does_not_matter(recogniser: Recogniser, heard: list[Heard], gain: float) -> None:
    original = spoken(heard, "frys_bildet")
    changed = utterance(np.clip(original.samples * gain, -32767, 32767).astype(np.int16))
    one, other = (recogniser.score(each, PHRASES).phrases for each in (original, changed))

    # The command, not the spelling: «frys bilde» is another form of the same.
    best = max(other, key=other.__getitem__)
    assert Grammar(TABLE).command_of(best) is Command.FREEZE_PICTURE
    assert other["frys bildet"] == pytest.approx(one["frys bildet"], abs=2.5)


def test_clipped_speech_is_still_understood(recogniser: Recogniser, heard: list[Heard]) -> None:
    samples = spoken(heard, "frys_bildet").samples
    clipped = utterance(np.clip(samples * 3.0, -32767, 32767).astype(np.int16))
    assert np.abs(samples * 3.0).max() > 1.5 * 32767

    decision = decide(recogniser.score(clipped, STATES[-1].phrases), STATES[-1], Thresholds())

    assert decision.command is Command.FREEZE_PICTURE


@pytest.mark.parametrize("name", sorted(MAKE))
def test_it_travels_to_another_process(name: str, heard: list[Heard]) -> None:
    recogniser = pickle.loads(pickle.dumps(MAKE[name]()))
    said = pickle.loads(pickle.dumps(spoken(heard, "start_video")))
    recogniser.prepare(FEW)
    scores = pickle.loads(pickle.dumps(recogniser.score(said, FEW)))

    assert isinstance(scores, Scores)
    assert set(scores.phrases) == set(FEW)


# The sound files, in the states of a consultation


def test_every_sound_file_is_one_isolated_utterance(heard: list[Heard]) -> None:
    for each in heard:
        assert [found.isolated for found in each.found] == [True], each.name


def test_every_phrase_is_understood_where_it_is_valid_and_with_room_to_spare(
    default: Recogniser, heard: list[Heard]
) -> None:
    for each in heard:
        if each.command is None:
            continue
        decision = decided(default, each, hardest_state(each.command, STATES))
        needed = Thresholds().of(Grammar(TABLE).risk_of(each.command))
        assert decision.command is each.command, (each.name, decision)
        assert decision.log_odds > needed + 0.5, each.name


def test_every_phrase_is_understood_in_a_tiled_room(
    default: Recogniser, heard: list[Heard]
) -> None:
    """Where the echo is louder than the voice, phrases fit less well, and so does all else."""
    echo = room(0.8, -3, np.random.default_rng(1))
    for each in heard:
        if each.command is None:
            continue
        wet = in_room(each.utterance.samples.astype(np.float64), echo)
        there = utterance((wet * (20_000 / np.abs(wet).max())).astype(np.int16))
        state = hardest_state(each.command, STATES)
        decision = decide(default.score(there, state.phrases), state, Thresholds())
        needed = Thresholds().of(Grammar(TABLE).risk_of(each.command))
        assert decision.command is each.command, (each.name, decision)
        assert decision.log_odds > needed, each.name


def test_nothing_is_understood_where_it_is_not_valid(
    default: Recogniser, heard: list[Heard]
) -> None:
    for place, each in enumerate(heard):
        elsewhere = [state for state in STATES if each.command not in commands_of(state)]
        for state in elsewhere[-(place % 2) :][:1]:  # The smallest and the largest in turn.
            decision = decided(default, each, state)
            assert decision.command is None, (each.name, decision)


@pytest.mark.parametrize("state", STATES[:: len(STATES) // 3], ids=lambda s: len(s.phrases))
def test_talk_is_met_with_silence(default: Recogniser, heard: list[Heard], state: Grammar) -> None:
    for each in heard:
        if each.command is None:
            decision = decided(default, each, state)
            assert decision.command is None, (each.name, decision)


def decided(recogniser: Recogniser, each: Heard, state: Grammar) -> Decision:
    return decide(recogniser.score(each.utterance, state.phrases), state, Thresholds())


def test_every_command_has_a_sound_file(heard: list[Heard]) -> None:
    without = {Command.TAKE_PHOTO}  # Answered with an explanation only; not in the demonstration.

    assert {each.command for each in heard} - {None} == set(Command) - without


def test_the_short_answers_are_valid_only_while_a_question_is_open() -> None:
    for state in STATES:
        valid = commands_of(state) & ANSWERS
        assert valid in (set(), ANSWERS)
        if not valid:
            assert not {"ja", "klart"} & set(state.phrases)


# The model's files


def copy_of_model(folder: Path) -> Path:
    for file in MODEL.parent.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder / MODEL.name


def fault_of(model: Path) -> Fault:
    with pytest.raises(PartError) as raised:
        TemplateRecogniser(str(model)).prepare(["start video"])
    return raised.value.fault


@pytest.mark.parametrize("name", [MODEL.name, "model.yaml", FILLERS])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    model = copy_of_model(tmp_path)
    (tmp_path / name).unlink()

    assert fault_of(model) is Fault.MODEL_MISSING


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(MODEL.name, b"", id="empty model"),
        pytest.param(MODEL.name, MODEL.read_bytes()[:-1], id="model cut short"),
        pytest.param("model.yaml", b"sha256: 00", id="another sum"),
        pytest.param("model.yaml", b"[", id="manifest is no YAML"),
        pytest.param("model.yaml", b"name: x", id="manifest without sum"),
        pytest.param("model.yaml", b"- x", id="manifest is a list"),
        pytest.param(FILLERS, b"# nothing\n", id="no fillers"),
    ],
)
def test_a_corrupt_file_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    model = copy_of_model(tmp_path)
    (tmp_path / name).write_bytes(content)

    assert fault_of(model) is Fault.MODEL_CORRUPT


# The alignment


def unit(*rows: tuple[float, float]) -> Vectors:
    vectors = np.array(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


A, B, C = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)


def test_the_same_at_another_speed_is_the_same() -> None:
    templates = Templates([unit(A, B), unit(A, A, A, B, B), unit(B, A)])

    near, slow, other = templates.distances(unit(A, A, B, B))
    assert near == pytest.approx(0, abs=1e-6)
    assert slow == pytest.approx(0, abs=1e-6)
    assert other > 0.4


def test_a_phrase_inside_a_longer_sentence_is_farther_than_the_phrase() -> None:
    templates = Templates([unit(A, A, B, B)])

    (alone,) = templates.distances(unit(A, A, B, B))
    (inside,) = templates.distances(unit(C, C, C, C, A, A, B, B))
    assert inside > alone + 0.5


def test_no_template_disturbs_another() -> None:
    rng = np.random.default_rng(0)
    sequences = [unit(*rng.normal(size=(count, 2))) for count in (1, 3, 7, 12)]
    said = unit(*rng.normal(size=(6, 2)))

    together = Templates(sequences).distances(said)
    alone = [Templates([sequence]).distances(said)[0] for sequence in sequences]
    assert together == pytest.approx(alone, abs=1e-5)
