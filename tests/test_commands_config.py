"""What can be said: every command in both written forms, and none that sounds like another."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import strict_yaml
from agent.config.content import COLLISION_LIMIT, load_commands
from agent.config.problems import ConfigError, Problem
from agent.faults import Fault
from agent.messages import Command
from agent.voice.commands import CommandPhrases, Grammar, Risk, distance

FILE = Path(__file__).parent.parent / "config" / "commands.yaml"
COMMANDS = load_commands(FILE)
TABLE = COMMANDS.table


def changed(folder: Path, **entries: Any) -> Path:
    """The project's file with some entries replaced; None takes one out."""
    data, _ = strict_yaml.read(FILE)
    left = {name: entry for name, entry in {**data["commands"], **entries}.items() if entry}
    file = folder / "commands.yaml"
    file.write_text(json.dumps({"commands": left}, ensure_ascii=False), encoding="utf-8")
    return file


def problems(file: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load_commands(file)
    return caught.value.problems


def test_every_command_can_be_said_and_shown_in_both_forms() -> None:
    assert [row.command for row in TABLE] == list(Command)
    for row in TABLE:
        shown = COMMANDS.shown[row.command]
        assert row.phrases[:2] in {(shown.nb, shown.nn), (shown.nb, *row.phrases[1:2])}
        assert {shown.nb, shown.nn} <= set(row.phrases)


def test_a_phrase_is_written_as_it_is_compared() -> None:
    """Small letters and single spaces: recognisers and the screen show it as it stands."""
    phrases = [phrase for row in TABLE for phrase in row.phrases]

    assert all(phrase == " ".join(phrase.lower().split()) for phrase in phrases)


def test_no_phrase_stands_for_two_commands() -> None:
    phrases = [phrase for row in TABLE for phrase in row.phrases]

    assert len(phrases) == len(set(phrases))


SHORT = {
    *(Command.DONE, Command.NO, Command.NOT_APPLICABLE, Command.CONFIRM, Command.CANCEL),
    *(Command.WAKE, Command.REST),  # One word, but a long and rare one.
}


def test_only_answers_to_a_question_are_single_words() -> None:
    """Short words occur in every conversation; they are listened for only in a window."""
    short = {row.command for row in TABLE if any(" " not in phrase for phrase in row.phrases)}

    assert short <= SHORT


NEVER_FREE = """ja nei klart neste start stopp hjelp status gjenta bekreft kamera video telefon
    hopp over|lys på|lys av|mer lys|ikke aktuelt""".replace("\n", " ")


def test_commands_that_are_always_valid_have_no_everyday_word() -> None:
    everyday = {word for part in NEVER_FREE.split("|") for word in (part, *part.split(" "))}
    windows = SHORT | {Command.SKIP, Command.LAMP_ON}  # Valid after a question or «kamerahjelp».
    free = [phrase for row in TABLE if row.command not in windows for phrase in row.phrases]

    assert not everyday & set(free)


def test_what_stops_or_shows_everything_is_the_surest() -> None:
    risks = {row.command: row.risk for row in TABLE}

    assert risks[Command.END_VIDEO] is Risk.RED
    for command in (Command.START_VIDEO, Command.CONTINUE_VIDEO, Command.UNMUTE):
        assert risks[command] is Risk.YELLOW
    for command in (Command.PAUSE_VIDEO, Command.MUTE, Command.CANCEL, Command.STATUS):
        assert risks[command] is Risk.GREEN


# The pairs that were measured as too close (phonemes of espeak-ng), and why they are not used.
MEASURED = [
    ("start video", "stopp video"),
    ("volum opp", "volum ned"),
    ("mikrofon på", "mikrofon av"),
    ("demp mikrofon", "stopp mikrofon"),
    ("zoom to", "zoom tre"),
]


@pytest.mark.parametrize(("one", "other"), MEASURED)
def test_two_commands_that_collide_are_named_with_their_distance(
    tmp_path: Path, one: str, other: str
) -> None:
    louder = {"risk": "green", "nb": one, "nn": one}
    quieter = {"risk": "green", "nb": other, "nn": other}

    found = [
        dict(problem.values)
        for problem in problems(changed(tmp_path, louder=louder, quieter=quieter))
        if problem.fault is Fault.COMMANDS_COLLIDE
        and problem.values["first_command"] == "louder"
        and problem.values["second_command"] == "quieter"
    ]

    assert [(values["first"], values["second"]) for values in found] == [(one, other)]
    assert found[0]["distance"] == round(distance(one, other), 2)
    assert found[0]["limit"] == COLLISION_LIMIT


def test_the_same_phrase_for_two_commands_names_both(tmp_path: Path) -> None:
    mute = {"risk": "green", "nb": "vis status", "nn": "vis status"}

    [found] = problems(changed(tmp_path, mute=mute))

    assert found.fault is Fault.COMMANDS_COLLIDE
    assert {found.values["first_command"], found.values["second_command"]} == {"mute", "status"}
    assert found.values["distance"] == 0


def test_commands_that_are_never_valid_together_may_be_close(tmp_path: Path) -> None:
    """«Bekreft» belongs to an open question, «klart» to a checklist: never both."""
    confirm = {"risk": "green", "nb": "ja", "nn": "ja"}

    assert load_commands(changed(tmp_path, confirm=confirm))


@pytest.mark.parametrize(
    ("entry", "fault", "key"),
    [
        (None, Fault.COMMAND_WITHOUT_PHRASE, "mute"),
        ("demp", Fault.COMMAND_WITHOUT_PHRASE, "mute"),
        ({"risk": "green", "nb": "demp lyden"}, Fault.COMMAND_WITHOUT_PHRASE, "mute"),
        ({"risk": "green", "nb": "", "nn": "demp lyden"}, Fault.COMMAND_WITHOUT_PHRASE, "mute"),
        ({"nb": "demp lyden", "nn": "demp lyden"}, Fault.VALUE_INVALID, "mute.risk"),
        ({"risk": "blue", "nb": "demp a", "nn": "demp a"}, Fault.VALUE_INVALID, "mute.risk"),
        ({"risk": ["red"], "nb": "demp a", "nn": "demp a"}, Fault.VALUE_INVALID, "mute.risk"),
        ({"risk": "red", "nb": 5, "nn": "demp a"}, Fault.VALUE_INVALID, "mute.nb|nn|also"),
        ({"risk": "red", "nb": "demp a", "nn": "!!"}, Fault.VALUE_INVALID, "mute.nb|nn|also"),
        (
            {"risk": "red", "nb": "demp a", "nn": "demp a", "also": [["x"]]},
            Fault.VALUE_INVALID,
            "mute.nb|nn|also",
        ),
        (
            {"risk": "red", "nb": "demp lyden", "nn": "demp lyden", "dialect": []},
            Fault.KEY_UNKNOWN,
            "mute.dialect",
        ),
    ],
)
def test_a_wrong_command_is_told_with_its_key(
    tmp_path: Path, entry: Any, fault: Fault, key: str
) -> None:
    [found] = problems(changed(tmp_path, mute=entry))

    assert (found.fault, found.values["key"]) == (fault, key)
    assert found.place.file == "commands.yaml"
    assert found.place.line > 0


def test_one_more_phrase_may_stand_without_brackets(tmp_path: Path) -> None:
    entry = {"risk": "green", "nb": "demp mikrofon", "nn": "demp mikrofon", "also": "demp lyden"}

    grammar = Grammar(load_commands(changed(tmp_path, mute=entry)).table)

    assert grammar.command_for_text("demp lyden") is Command.MUTE


def test_an_unknown_command_and_all_other_problems_are_told_at_once(tmp_path: Path) -> None:
    dance = {"risk": "green", "nb": "dans litt", "nn": "dans litt"}
    file = changed(tmp_path, dance=dance, mute=None, unmute={"risk": "blue", "nb": "a", "nn": "a"})

    assert {(found.fault, found.values["key"]) for found in problems(file)} == {
        (Fault.KEY_UNKNOWN, "dance"),
        (Fault.COMMAND_WITHOUT_PHRASE, "mute"),
        (Fault.VALUE_INVALID, "unmute.risk"),
    }


ENTRIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab []{}:,", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["risk", "nb", "nn", "also", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(ENTRIES)
def test_whatever_stands_for_a_command_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, entry: Any
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(json.dumps({"commands": {"mute": entry}}), encoding="utf-8")

    with pytest.raises(ConfigError):  # At least the other commands are missing.
        load_commands(file)


@given(st.sampled_from([(row, phrase) for row in TABLE for phrase in row.phrases]), st.data())
def test_capitals_and_stops_in_a_typed_command_do_not_matter(
    spoken: tuple[CommandPhrases, str], data: st.DataObject
) -> None:
    row, phrase = spoken
    typed = data.draw(st.sampled_from([phrase, phrase.upper(), f" «{phrase}». ", phrase.title()]))

    assert Grammar(TABLE).command_for_text(typed) is row.command
