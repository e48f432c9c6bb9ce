"""What can be said now, what was typed, and which phrases are too close."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages import Command
from agent.voice.commands import TOO_CLOSE, CommandPhrases, Grammar, Risk, collisions, distance

TABLE = (
    CommandPhrases(Command.START_VIDEO, Risk.YELLOW, ("start video",)),
    CommandPhrases(Command.END_VIDEO, Risk.RED, ("avslutt video", "avslutte video")),
    CommandPhrases(Command.NO, Risk.GREEN, ("nei",)),
    CommandPhrases(Command.CANCEL, Risk.GREEN, ("avbryt", "nei")),
)
PHRASES = st.text("abdefghijklmnoprstuvyæøå ", min_size=1, max_size=20)


def test_only_valid_commands_can_be_said() -> None:
    grammar = Grammar(TABLE, {Command.START_VIDEO})

    assert grammar.phrases == ("start video",)
    assert grammar.command_for_text("avslutt video") is None


def test_a_word_that_two_commands_share_goes_to_the_one_that_is_valid() -> None:
    assert Grammar(TABLE, {Command.NO}).command_for_text("nei") is Command.NO
    assert Grammar(TABLE, {Command.CANCEL}).command_for_text("nei") is Command.CANCEL
    assert Grammar(TABLE).command_of("nei") is Command.NO


@pytest.mark.parametrize(
    "typed", ["Avslutt  video", "«avslutt video»", " AVSLUTT VIDEO. ", "avslutt-video"]
)
def test_typing_is_forgiving(typed: str) -> None:
    assert Grammar(TABLE).command_for_text(typed) is Command.END_VIDEO


@pytest.mark.parametrize("typed", ["", "«»", "avslutt", "avslutt video nå"])
def test_typing_is_not_guessing(typed: str) -> None:
    assert Grammar(TABLE).command_for_text(typed) is None


def test_the_risk_is_the_commands() -> None:
    assert Grammar(TABLE).risk_of(Command.END_VIDEO) is Risk.RED
    with pytest.raises(KeyError):
        Grammar(TABLE, {Command.NO}).risk_of(Command.END_VIDEO)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("volum opp", "volum ned"),
        ("mikrofon på", "mikrofon av"),
        ("start video", "stopp video"),
        ("frys bildet", "slipp bildet"),
        ("sjekkliste før", "sjekkliste slutt"),
        ("zoom to", "zoom tre"),
        ("demp mikrofon", "stopp mikrofon"),
        ("ta bilde", "vis bilde"),
    ],
)
def test_pairs_that_were_measured_as_too_close_are_told(one: str, other: str) -> None:
    table = (
        CommandPhrases(Command.MUTE, Risk.GREEN, (one,)),
        CommandPhrases(Command.UNMUTE, Risk.GREEN, (other,)),
    )

    assert [(found.phrase, found.other) for found in collisions(table)] == [(one, other)]


def test_forms_of_one_command_do_not_collide() -> None:
    assert collisions(TABLE[:2]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("hvilemodus", "vilemodus"), ("kjøkken", "tjøkken"), ("bildet", "bilde t"), ("frys", "FRYS")],
)
def test_what_sounds_the_same_is_the_same(one: str, other: str) -> None:
    assert distance(one, other) == 0


def test_an_empty_phrase_is_far_from_everything_but_itself() -> None:
    assert distance("", "") == 0
    assert distance("", "nei") > TOO_CLOSE


@given(PHRASES, PHRASES)
def test_distance_is_symmetric_and_between_0_and_1(one: str, other: str) -> None:
    assert 0 <= distance(one, other) <= 1
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert distance(one, one) == 0
