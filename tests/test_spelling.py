"""Norwegian spelling -> sounds."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.voice.backends.phone_table import read_table
from agent.voice.commands import Grammar
from agent.voice.spelling import Spelling, Way, alternatives, classes
from bench.hearing import shipped_commands

TABLE = read_table(Path(__file__).parents[1] / "models" / "speech-phones" / "speech-phones.onnx")
NORWEGIAN = TABLE.spelling


def ways(phrase: str, limit: int = 24) -> list[str]:
    return ["".join(way.sounds) for way in NORWEGIAN.pronunciations(phrase, limit)]


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        pytest.param("avslutt video", "avslʉtvideu", id="words and rules"),
        pytest.param("avslutt video", "avʂlʉtvideu", id="east: sl"),
        pytest.param("start video", "statvideu", id="east: retroflex"),
        pytest.param("start video", "startvideu", id="west: r and t"),
        pytest.param("frys bildet", "frysbilde", id="silent t"),
        pytest.param("frys bildet", "frysbildet", id="the t said"),
        pytest.param("ikke aktuelt", "iteaktʉelt", id="north: itte"),
        pytest.param("hvilemodus", "vilemudʉs", id="silent h"),
        pytest.param("kjære", "çære", id="kj"),
        pytest.param("kjære", "ʂære", id="the young say kj as sj"),
        pytest.param("ring", "riŋ", id="ng"),
        pytest.param("god", "gu", id="silent d"),
        pytest.param("FRYS", "efæryes", id="capitals are spelt out"),
        pytest.param("punkt 3", "puŋktre", id="a digit"),
        pytest.param("idé", "ide", id="accents are passed over"),
        pytest.param("gå  tilbake!", "gotilbake", id="signs are passed over"),
    ],
)
def test_a_phrase_is_said_so(phrase: str, expected: str) -> None:
    assert expected in ways(phrase)


def test_the_commonest_way_comes_first_and_the_limit_holds() -> None:
    assert ways("start video", 1) == ["statvideu"]
    assert len(ways("fortsett video og fortsett video", 24)) == 24


@pytest.mark.parametrize("phrase", ["", "  ", "…", "-_-", "1€"[1:]])
def test_without_letters_there_is_nothing_to_say(phrase: str) -> None:
    assert ways(phrase) == []


def test_every_command_can_be_said_with_sounds_that_the_network_knows() -> None:
    for phrase in Grammar(shipped_commands()).phrases:
        for way in NORWEGIAN.pronunciations(phrase, 24):
            assert TABLE.indices(way.sounds)
            assert len(way.words) == len(phrase.split()) - 1


@given(st.text(max_size=40))
def test_any_text_gives_sounds_of_the_network_none_twice_in_a_row(text: str) -> None:
    for way in NORWEGIAN.pronunciations(text, 8):
        assert way.sounds
        assert set(way.sounds) <= TABLE.numbers.keys()
        assert all(one != other for one, other in pairwise(way.sounds))
        assert all(one < other for one, other in pairwise((0, *way.words, len(way.sounds))))


@pytest.mark.parametrize(
    ("phrase", "sounds", "words"),
    [
        pytest.param("start video", "statvideu", (4,), id="two words"),
        pytest.param("kant til", "kantil", (4,), id="where they meet the sound is said once"),
        pytest.param("video", "videu", (), id="one word"),
        pytest.param("– video …", "videu", (), id="signs are no words"),
    ],
)
def test_it_is_known_where_words_begin(phrase: str, sounds: str, words: tuple[int, ...]) -> None:
    (way,) = NORWEGIAN.pronunciations(phrase, 1)

    assert ("".join(way.sounds), way.words) == (sounds, words)


def test_alternatives_are_read_with_the_commonest_first() -> None:
    assert alternatives("ɪ k ə|ɪ ç ə|-") == (("ɪ", "k", "ə"), ("ɪ", "ç", "ə"), ())


def test_classes_have_no_length() -> None:
    assert classes(("ɑː", "v", "ɑ", "ɑː", "æɪ")) == ("a", "v", "a", "æ", "i")


def test_a_rule_comes_before_the_letters() -> None:
    spelling = Spelling([(re.compile("sj"), alternatives("ʃ"))], {}, {})

    assert spelling.pronunciations("sjal", 5) == [Way(("ʂ", "a", "l"), ())]
