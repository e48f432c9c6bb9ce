"""What the agent says and shows: complete, short, in both written forms, and never clinical."""

import ast
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import strict_yaml
from agent.config.content import load_commands
from agent.config.problems import ConfigError
from agent.config.spoken import wrong_in_spoken
from agent.config.texts import FORMS, PLACEHOLDERS, Texts, load_faults, load_words
from agent.faults import Fault
from agent.messages import Part, Phrase, Recipient, Sentence, Word
from agent.voice.commands import Grammar
from tests.source_tree import modules

CONFIG = Path(__file__).parent.parent / "config"

MOST_WORDS = 9
MOST_WORDS_OF_A_FAULT = 12

# The longest that the session can put into each sentence.
LONGEST: dict[Phrase, dict[str, Any]] = {
    Phrase.STATUS_IN_ROOM: {
        "sound": Word.MICROPHONE_MUTED_BY_HOST,
        "picture": Word.PICTURE_FROZEN,
        "room": Word.ROOM_OPEN,
    },
    Phrase.LIST_CLOSED: {"open": 14},
    Phrase.LIST_FINISHED_WITH_OPEN: {"open": 14},
    Phrase.BATTERY_LOW: {"percent": 20},
    Phrase.BATTERY_VERY_LOW: {"percent": 10},
    Phrase.REPORT_READY: {"recipient": Recipient.SUPPORT},
    Phrase.POINT_STILL_OPEN: {"number": 14},
    Phrase.POINT: {"number": 14, "count": 14},
    Phrase.PART_BACK: {"part": Part.RECOGNISER},
    Phrase.NAMED_PARTICIPANT: {"name": "Kari Anne Nordmann-Hansen"},
}
LONGER_THAN_NINE = {Phrase.STATUS_IN_ROOM}
"""`texts.yaml` says why beside each of them."""


@pytest.fixture(scope="module", params=FORMS)
def texts(request: pytest.FixtureRequest) -> Texts:
    return Texts.load(CONFIG, request.param)


def sentences() -> Iterator[tuple[str, str, str]]:
    """File and key, written form and text of every pair of forms in `config/`."""
    for file in sorted(CONFIG.glob("**/*.yaml")):
        value, _ = strict_yaml.read(file)
        for key, forms in pairs(value):
            for form in FORMS:
                yield f"{file.relative_to(CONFIG)}: {key}", form, forms[form]


def pairs(value: Any, key: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every mapping that has both written forms, with its path."""
    if isinstance(value, dict) and set(FORMS) <= set(value):
        yield key, value
    elif isinstance(value, dict | list):
        for name, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from pairs(child, f"{key}.{name}".lstrip("."))


def spoken() -> Iterator[tuple[str, str, str]]:
    """What of it is said aloud: phrases, words in them, faults for the ear, checklists."""
    heard = re.compile(r"texts\.yaml|errors\.yaml.*say$|checklists/.*(prompt|advice)")
    return (found for found in sentences() if heard.search(found[0]))


# What the texts promise


@pytest.mark.parametrize("phrase", Phrase)
def test_a_phrase_is_short_enough_to_be_heard_at_work(texts: Texts, phrase: Phrase) -> None:
    said = texts.render(phrase, LONGEST.get(phrase))

    assert "{" not in said
    assert "–" not in said
    assert len(said.split()) <= (11 if phrase in LONGER_THAN_NINE else MOST_WORDS)


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_is_short_for_the_ear_and_says_what_to_do_on_the_screen(
    texts: Texts, fault: Fault
) -> None:
    assert len(texts.render(fault).split()) <= MOST_WORDS_OF_A_FAULT
    assert len(texts.explain(fault).split()) >= 4
    assert texts.explain(fault).endswith((".", ")"))


def test_each_placeholder_of_a_phrase_is_one_that_the_session_fills() -> None:
    assert {phrase: frozenset(values) for phrase, values in LONGEST.items()} == PLACEHOLDERS


def test_nothing_that_is_said_is_clinical_or_too_long() -> None:
    assert not wrong_in_spoken(CONFIG)


SAID = [
    ("texts.yaml", "phrases: {{ready: {{nb: {text}, nn: Greitt.}}}}", "phrases.ready.nb"),
    ("errors.yaml", "camera_lost: {{say: {{nb: Ja., nn: {text}}}}}", "camera_lost.say.nn"),
    ("checklists/a.yaml", "points: [{{advice: {{nb: {text}, nn: Ja.}}}}]", "points.0.advice.nb"),
]
CLINICAL = ["Såret er betent.", "Det ser ut som en infeksjon", "Det blør.", "Har du feber?"]


@pytest.mark.parametrize("text", CLINICAL)
@pytest.mark.parametrize(("name", "content", "key"), SAID)
def test_the_scan_sees_clinical_words_wherever_something_is_said(
    tmp_path: Path, text: str, name: str, content: str, key: str
) -> None:
    shutil.copy(CONFIG / "clinical.yaml", tmp_path)
    (tmp_path / "checklists").mkdir()
    (tmp_path / name).write_text("\n" + content.format(text=json.dumps(text)), encoding="utf-8")

    (problem,) = wrong_in_spoken(tmp_path)
    assert (problem.fault, problem.values["key"]) == (Fault.CLINICAL_WORD, key)
    assert (problem.place.file, problem.place.line) == (Path(name).name, 2)


@pytest.mark.parametrize("text", ["Nå virker kameraet.", "No verkar kameraet.", "Lukk listen."])
def test_the_scan_lets_everyday_words_be(tmp_path: Path, text: str) -> None:
    shutil.copy(CONFIG / "clinical.yaml", tmp_path)
    file = tmp_path / "texts.yaml"
    file.write_text(f"phrases: {{ok: {{nb: {json.dumps(text)}}}}}", encoding="utf-8")
    assert not wrong_in_spoken(tmp_path)


def test_a_phrase_that_is_too_long_is_named(tmp_path: Path) -> None:
    shutil.copy(CONFIG / "clinical.yaml", tmp_path)
    file = tmp_path / "texts.yaml"
    file.write_text(f"phrases:\n  ok: {{nb: {'ja ' * 10}}}", encoding="utf-8")
    (problem,) = wrong_in_spoken(tmp_path)
    assert (problem.fault, problem.place.line) == (Fault.PHRASE_TOO_LONG, 2)


@pytest.mark.parametrize("broken", ["beginnings: [a]", "words: [1]\nbeginnings: []", "- a"])
def test_a_list_of_clinical_words_that_is_none_is_an_error(tmp_path: Path, broken: str) -> None:
    (tmp_path / "clinical.yaml").write_text(broken, encoding="utf-8")
    with pytest.raises(ConfigError):
        wrong_in_spoken(tmp_path)


def test_each_written_form_is_itself() -> None:
    """No proof of good language, but it catches a form that was forgotten when copying."""
    only_nb = {"jeg", "ikke", "hva", "hvor", "hvem", "noe", "noen", "nå", "fra", "mer"}
    only_nn = {"eg", "ikkje", "kva", "kvar", "kven", "noko", "nokon", "no", "frå", "meir", "sei"}
    foreign = {"nb": only_nn, "nn": only_nb}

    found = [
        (key, text)
        for key, form, text in sentences()
        if foreign[form] & set(re.findall(r"[^\W_]+", text.casefold()))
    ]

    assert not found


def test_what_she_is_told_to_say_is_a_phrase_that_is_understood() -> None:
    grammar = Grammar(load_commands(CONFIG / "commands.yaml").table)
    quoted = re.compile(r"\b[Ss]e?i «([^»]+)»")
    plain = re.compile(r"\bSe?i ((?!fra|frå)[^«.,]+?)(?= for å| når|[.,])")  # «Si fra»: tell them.

    asked = [(key, phrase) for key, _, text in sentences() for phrase in quoted.findall(text)]
    asked += [(key, phrase) for key, _, text in spoken() for phrase in plain.findall(text)]
    asked = [one for one in asked if one[1] != "{phrase}"]  # A phrase of the grammar, filled in.
    unknown = [one for one in asked if grammar.command_for_text(one[1]) is None]

    assert len(asked) > 20
    assert not unknown


# Filling in


def test_words_in_a_sentence_take_its_form() -> None:
    values = {
        "sound": Word.MICROPHONE_MUTED,
        "picture": Word.PICTURE_LIVE,
        "room": Word.ROOM_LOCKED,
    }

    assert "Mikrofonen er dempa." in Texts.load(CONFIG, "nn").render(Phrase.STATUS_IN_ROOM, values)
    assert "Kameraet" in Texts.load(CONFIG, "nb").render(Phrase.PART_BACK, {"part": Part.CAMERA})


def test_a_sentence_from_a_checklist_is_said_as_it_stands(texts: Texts) -> None:
    line = Sentence("Se {her} og {", "Sjå {her} og {")

    assert texts.render(line) == texts.in_form(line)


VALUES = st.dictionaries(st.sampled_from(["port", "file", "x"]), st.text() | st.integers())


@given(st.sampled_from(list(Fault)), VALUES)
def test_an_error_message_never_fails_itself(fault: Fault, values: dict[str, str | int]) -> None:
    texts = _NB

    assert texts.explain(fault, values)
    assert texts.render(fault, values)


_NB = Texts.load(CONFIG, "nb")


# Placeholders of faults are those that the code passes

INDIRECT: dict[Fault, set[str]] = {
    # Chosen by a table or an argument, so the search below does not see them.
    Fault.KEY_UNKNOWN: {"key"},
    Fault.KEY_MISSING: {"key"},
    Fault.VALUE_INVALID: {"key", "value", "expected"},
    Fault.HOST_NOT_ALLOWED: {"value", "expected"},
    Fault.CLINICAL_WORD: {"key", "word"},
    Fault.PHRASE_TOO_LONG: {"key", "count", "limit"},
    Fault.SECRET_MISSING: {"key"},
    Fault.TABLE_COLUMN_MISSING: {"column"},
    Fault.PROFILE_NOT_USED: {"name", "choices"},
}


def passed() -> dict[Fault, set[str]]:
    """The names of the values that come with each fault wherever it is raised."""
    found = {fault: [values] for fault, values in INDIRECT.items()}
    for module in modules():
        for call, called in module.calls():
            for argument in call.args:
                match argument:
                    case ast.Attribute(value=ast.Name(id="Fault"), attr=name) if called != "get":
                        found.setdefault(Fault[name], []).extend(values_of(call))
                    case _:
                        pass
    return {fault: set.intersection(*sites) for fault, sites in found.items()}


def values_of(call: ast.Call) -> Iterator[set[str]]:
    """The names of the values in a call, if they stand in it: as keywords or as a mapping."""
    names = {str(keyword.arg) for keyword in call.keywords}
    for argument in call.args:
        match argument:
            case ast.Dict(keys=keys):
                names |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
            case ast.Name(id="values"):
                return
            case _:
                pass
    if names != {"None"}:  # `**values`
        yield names


def test_a_fault_shows_only_what_the_code_always_knows_about_it() -> None:
    known = passed()
    wanted = {
        fault: set(re.findall(r"{(\w+)}", text.show.nb + text.say.nb))
        for fault, text in load_faults(CONFIG).items()
    }

    assert not [fault.name for fault, names in wanted.items() if names - known.get(fault, set())]


# What is checked when they are loaded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("texts.yaml", "errors.yaml"):
        shutil.copy(CONFIG / name, tmp_path)
    return tmp_path


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Replace a text that stands once in a file; returns its line."""
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


READY = 'ready: {nb: "Hjelperen er klar.", nn: "Hjelparen er klar."}'
PART_BACK = 'part_back: {nb: "{part} virker igjen.", nn: "{part} verkar att."}'


@pytest.mark.parametrize(
    ("old", "new", "fault", "key"),
    [
        (READY, "", Fault.TEXT_MISSING, "ready"),
        (READY, 'ready: {nb: "Klar."}', Fault.TEXT_MISSING, "phrases.ready"),
        (READY, 'ready: {nb: "Klar.", nn: ""}', Fault.TEXT_MISSING, "phrases.ready"),
        (READY, 'ready: "Klar."', Fault.TEXT_MISSING, "phrases.ready"),
        (READY, READY + "\n  reddy: {nb: a, nn: a}", Fault.KEY_UNKNOWN, "reddy"),
        (READY, 'ready: {nb: "{x}", nn: "{x}"}', Fault.PLACEHOLDER_WRONG, "phrases.ready"),
        (READY, 'ready: {nb: "{", nn: "{"}', Fault.PLACEHOLDER_WRONG, "phrases.ready"),
        (PART_BACK, 'part_back: {nb: "Ja", nn: "Ja"}', Fault.PLACEHOLDER_WRONG, None),
        (PART_BACK, 'part_back: {nb: "{part}", nn: "Ja"}', Fault.PLACEHOLDER_WRONG, None),
        (PART_BACK, 'part_back: {nb: "{part!r}", nn: "{part!r}"}', Fault.PLACEHOLDER_WRONG, None),
        (PART_BACK, 'part_back: {nb: "{part:d}", nn: "{part:d}"}', Fault.PLACEHOLDER_WRONG, None),
        (PART_BACK, 'part_back: {nb: "{part.x}", nn: "{part.x}"}', Fault.PLACEHOLDER_WRONG, None),
    ],
)
def test_a_wrong_text_is_told_with_its_place(
    folder: Path, old: str, new: str, fault: Fault, key: str | None
) -> None:
    line = spoil(folder, "texts.yaml", old, new)

    with pytest.raises(ConfigError) as caught:
        Texts.load(folder, "nb")

    [problem] = caught.value.problems
    assert (problem.fault, problem.place.file) == (fault, "texts.yaml")
    assert key is None or problem.values["key"] == key
    assert new == "" or problem.place.line in {line, line + 1}


def test_problems_of_both_files_are_told_at_once(folder: Path) -> None:
    spoil(folder, "texts.yaml", READY, "")
    (folder / "errors.yaml").write_text("a: [", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        Texts.load(folder, "nb")

    assert [problem.place.file for problem in caught.value.problems] == [
        "texts.yaml",
        "errors.yaml",
    ]


def test_words_for_a_page_need_both_forms_with_the_same_placeholders(tmp_path: Path) -> None:
    file = tmp_path / "page.yaml"
    file.write_text('a: {nb: "{x}", nn: "{x}"}\nb: {nb: "{x}", nn: "{y}"}\nc: {nb: "x"}\n', "utf-8")

    with pytest.raises(ConfigError) as caught:
        load_words(file)

    assert [(problem.fault, problem.place.line) for problem in caught.value.problems] == [
        (Fault.PLACEHOLDER_WRONG, 2),
        (Fault.TEXT_MISSING, 3),
    ]
