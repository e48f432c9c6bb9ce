"""The sounds that `bench.voice` makes are what it says they are, and its tables count right."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.frames import SAMPLE_RATE, Samples
from agent.measuring.engine import Cost
from agent.voice.backends.templates import VOICES
from agent.voice.base import Utterance
from agent.voice.commands import Grammar
from agent.voice.scoring import Share, Trial
from bench.baselines.sphinx import phones
from bench.baselines.whisper_text import alike
from bench.conditions import AROUND_S, CONDITIONS, Condition, arrive, in_room, masked, places
from bench.engines import Engine, Heard, Hearer, Outcome, chosen
from bench.hearing import ROOT, shipped_commands, states
from bench.make_sounds import VARIANTS
from bench.sentences import EVERYDAY, NEAR_MISSES
from bench.sets import CHOICE, PAUSES_S, Item, TrialSet, conversation, dealt
from bench.voice_data import recordings
from bench.voice_report import (
    false_commands,
    is_talk,
    picture,
    said_row,
    table,
    talk_rows,
    talk_trials,
)
from bench.voices import TESTED, TUNED, Speaker, accented, dialects, say
from tests.test_bench_words import Loudness

TABLE = shipped_commands()
EVERYTHING = Grammar(TABLE)
WHERE = places(None)
ARPABET = """
AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH
"""


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return 3000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)


def decibels(sound: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(sound.astype(np.float64) ** 2))))


def test_nobody_is_both_trained_on_and_tested_on() -> None:
    tested, tuned = ({each.variant for each in group} for group in (TESTED, TUNED))
    assert not tested & (tuned | {variant for variant, *_ in VOICES} | set(VARIANTS))
    for recipe in (ROOT / "models").rglob("*.py"):
        assert not any(variant in recipe.read_text("utf-8") for variant in tested), recipe


def test_a_smaller_speaker_is_higher_but_no_faster() -> None:
    large, small = (say("kamerahjelp", Speaker("klatt5", 50, 150, size)) for size in (1.0, 0.8))
    assert len(small) == pytest.approx(len(large), rel=0.08)
    assert centre(small) > 1.1 * centre(large)


def centre(sound: Samples) -> float:
    """The mean frequency of a sound, Hz."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float(np.average(np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE), weights=power))


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda each: each.name)
def test_the_same_seed_gives_the_same_sound(condition: Condition) -> None:
    speech = tone(440).astype(np.int16)
    one, told = arrive(speech, condition, WHERE, seed=1)
    other, _ = arrive(speech, condition, WHERE, seed=1)
    assert np.array_equal(one, other)
    assert len(one) >= len(speech) + 2 * round(AROUND_S * SAMPLE_RATE)
    assert ("noise" in told) == (condition.noise_db is not None)


@pytest.mark.parametrize("noise_db", [20.0, 10.0, 5.0])
def test_noise_is_as_loud_as_it_says(noise_db: float) -> None:
    stream, _ = arrive(tone(440).astype(np.int16), Condition("x", noise_db), WHERE, seed=2)
    before = stream[: round(AROUND_S * SAMPLE_RATE)]
    assert decibels(tone(440)) - decibels(before) == pytest.approx(noise_db, abs=0.5)


@pytest.mark.parametrize(("hertz", "change"), [(500, 0), (2000, -3), (4000, -6), (7900, -8)])
def test_a_mask_dampens_consonants(hertz: float, change: float) -> None:
    sound = tone(hertz)
    assert decibels(masked(sound)) - decibels(sound) == pytest.approx(change, abs=0.3)


@given(st.integers(0, 200))
def test_an_empty_room_changes_nothing_but_the_delay(delay: int) -> None:
    sound = np.random.default_rng(delay).normal(size=400)
    response = np.zeros(delay + 1)
    response[delay] = 1.0
    assert np.allclose(in_room(sound, response), sound)


def test_speech_has_no_silence_around_it() -> None:
    speech = say("avslutt video", TESTED[0])
    assert np.abs(speech[:100]).max() > 50
    assert np.abs(speech[-100:]).max() > 50


@pytest.mark.parametrize("way", list(dialects()), ids=lambda each: f"{each.phrase}-{each.form}")
def test_a_dialect_form_belongs_to_a_phrase(way: object) -> None:
    assert getattr(way, "phrase", None) in EVERYTHING.phrases


def test_every_phrase_has_an_accent() -> None:
    assert [each.phrase for each in accented(EVERYTHING.phrases)] == list(EVERYTHING.phrases)


@pytest.mark.parametrize("file", [NEAR_MISSES, EVERYDAY], ids=lambda each: each.stem)
def test_no_sentence_of_the_talk_is_a_command(file: Path) -> None:
    sentences = [line for line in file.read_text("utf-8").splitlines() if line[:1] != "#"]
    assert len(sentences) > 40
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert re.fullmatch(r"[a-zæøåé ]+", sentence)
        assert EVERYTHING.command_for_text(sentence) is None


def test_a_conversation_holds_every_sentence() -> None:
    sounds = [np.full(size, size, np.int16) for size in (1000, 2000, 3000)]
    stream = conversation(sounds, seed=0)
    for sound in sounds:
        assert np.count_nonzero(stream == len(sound)) == len(sound)
    pauses = len(stream) - 6000
    assert 3 * PAUSES_S[0] * SAMPLE_RATE <= pauses <= 3 * PAUSES_S[1] * SAMPLE_RATE


def test_every_phrase_can_be_spelt_in_english_phones() -> None:
    for phrase in EVERYTHING.phrases:
        for word in phrase.split():
            assert set(phones(word).split()) <= set(ARPABET.split()), word


@pytest.mark.parametrize(
    ("heard", "phrase", "ratio"),
    [
        ("Avslutt video.", "avslutt video", 1.0),
        ("", "ja", 0.0),
        (" Ja! ", "ja", 1.0),
        ("xyz", "ja", 0.0),
    ],
)
def test_text_is_compared_by_its_letters(heard: str, phrase: str, ratio: float) -> None:
    assert alike(heard, phrase) == ratio


@given(st.integers(0, 100), st.integers(1, 3))
def test_words_are_dealt_into_choices_and_others(count: int, rounds: int) -> None:
    words = [f"word {number}" for number in range(count)]

    choices = list(dealt(words, rounds))

    assert len(choices) == count // CHOICE * rounds
    for group, others in choices:
        assert len(set(group)) == CHOICE
        assert not set(group) & set(others)
        assert len(set(others)) == len(others) == CHOICE * min(2, count // CHOICE - 1)
    assert choices == list(dealt(words, rounds))


def test_words_of_the_data_are_what_is_said(tmp_path: Path) -> None:
    header = "path\tlang\tkind\ttranscript\n"
    rows = [
        "a.ogg\tnb\treal-human\tHjelp (Whisper-checked, approximate)",
        "b.ogg\tnb\treal-human\tplace name, en: norway",
        "c.ogg\tnb\treal-human\tplace name, en: united_kingdom",
        "d.ogg\tnb\treal-human\tletter A",
        "e.ogg\tnb\tTTS\thastighet : speed",
        "speech/rotorflight/f.wav\tnb\tTTS\tvoltage",
        "g.ogg\tsv\treal-human\thej",
        "h.ogg\tnoise\tnon-speech\ttap",
    ]
    (tmp_path / "manifest.tsv").write_text(header + "\n".join(rows) + "\n", encoding="utf-8")

    words = {each.path.name: each.word for each in recordings(tmp_path)}

    assert words == {
        **{"a.ogg": "hjelp", "b.ogg": "norge", "c.ogg": None, "d.ogg": None},
        **{"e.ogg": "hastighet", "f.wav": None, "g.ogg": None},
    }


def engine_named(name: str) -> Engine:
    return Engine(name, Loudness)


def test_engines_are_chosen_by_the_beginning_of_their_name() -> None:
    every = [engine_named(name) for name in ("ctc", "templates", "whisper", "whisper-text")]
    names = [each.name for each in chosen(every, "whisper,ctc")]
    assert names == ["ctc", "whisper", "whisper-text"]
    assert chosen(every, None) == every


def utterance(level: int) -> Utterance:
    return Utterance(np.full(100, level, np.int16), 0, 100)


async def test_an_engine_hears_words_and_talk() -> None:
    words = TrialSet("words", "", [Item((utterance(1),), "1", {}, words=("1", "2"))])
    words.items += [
        Item((utterance(2),), "1", {}, words=("1", "2")),
        Item((utterance(1), utterance(1)), "1", {}, words=("1", "2")),
        Item((utterance(2), utterance(9)), None, {}, words=("1", "2")),
        Item((), None, {}, words=("1", "2")),
    ]
    engine = engine_named("loudness")
    async with Hearer.worker(engine) as worker:
        hearer = Hearer(engine, worker)
        heard = await hearer.hear(words, ["1"])

    guesses = [(trial.said, trial.heard) for trial in heard.trials]
    assert guesses == [("1", "1"), ("1", "2"), ("1", None), (None, "2"), (None, "1")]
    assert len(hearer.prepared) == 1
    assert heard.failures == 0


def outcome(said: str | None, accepted: str | None, odds: float, group: str = "a") -> Outcome:
    return Outcome(Trial(said, accepted or "x", odds, {"speaker": group}), accepted)


def heard_of(outcomes: list[Outcome], seconds: float = 0.0) -> Heard:
    state = states(TABLE)[0]
    items = [Item((), each.trial.said, each.trial.groups, state=state) for each in outcomes]
    about = TrialSet("set", "", items, seconds)
    return Heard("engine", about, outcomes, [Cost(0.01, 0.01, None)] * len(outcomes))


def test_the_table_counts_what_was_said() -> None:
    said = [outcome("ja", "ja", 5.0)] * 9 + [outcome("ja", "nei", 3.0, "b")] * 8
    others = [Trial(None, "ja", odds) for odds in np.linspace(-5, 4, 100)]

    row = said_row(heard_of(said), others)

    assert row[2] == "17"
    assert row[3].startswith("52.9 %")
    assert row[5].startswith("47.1 %")
    assert "speaker: b 0.0 %" in row[9]
    assert row[10] == "10/10"


def test_the_table_counts_false_commands_an_hour() -> None:
    outcomes = [outcome(None, None, -1.0)] * 8 + [outcome(None, "end_video", 4.0)] * 2
    calm, asked, again = (heard_of(outcomes, 1800.0) for _ in range(3))
    asked.about.question = True
    again.about.again = True

    row, everything = talk_rows([calm, asked, again])

    assert is_talk(calm.about)
    assert row[2:5] == ("60.0", "20", f"20.0 % {interval(4, 20)}")
    assert everything[2:5] == ("30.0", "10", f"20.0 % {interval(2, 10)}")
    assert everything[5].startswith("4.0 (")
    assert everything[6] == "4"
    assert len(talk_trials([calm, asked, again], "engine")) == 10
    assert not talk_trials([calm], "another")
    assert len(list(false_commands([calm, asked]))) == 4


def interval(hits: int, of: int) -> str:
    low, high = Share(hits, of).interval
    return f"({100 * low:.1f}–{100 * high:.1f})"


def test_a_picture_has_every_engine_with_a_curve() -> None:
    heard = heard_of([outcome("ja", "ja", 5.0), outcome(None, None, -1.0)])
    assert "engine: equal error rate 0.0 %" in picture("t", [heard], {})
    assert "polyline" not in picture("t", [heard_of([outcome("ja", "ja", 1.0)])], {})


def test_a_table_has_a_line_for_each_row() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
