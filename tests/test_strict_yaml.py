"""YAML without its traps, and every problem with its line."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.problems import ConfigError, Place
from agent.config.strict_yaml import DEEPEST, LARGEST_FILE, parse, read
from agent.faults import Fault


def problems(text: str) -> list[tuple[Fault, int]]:
    """Fault and line of everything that is wrong."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "x.yaml")
    return [(problem.fault, problem.place.line) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "word",
    [
        *("no", "No", "on", "off", "yes", "y", "n", "True", "NULL", "12:30", "1:2:3", "2026-01-31"),
        *("0x1F", "0b1", "0o17", "007", "1_000", ".5", "5.", "1e3", ".inf", ".nan", "+", "=", "<<"),
        *("24 20 00 00", '"true"', "'5'", '""'),
    ],
)
def test_only_our_own_words_and_numbers_are_more_than_text(word: str) -> None:
    assert parse(f"key: {word}", "x.yaml")[0] == {"key": word.strip("\"'")}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        *(("true", True), ("false", False), ("null", None), ("~", None), ("", None)),
        *(("0", 0), ("-12", -12), ("1.0", 1.0), ("-0.5", -0.5), ("2.5e-3", 0.0025)),
    ],
)
def test_words_and_numbers(word: str, value: object) -> None:
    read_as = parse(f"key: {word}", "x.yaml")[0]["key"]

    assert read_as == value
    assert type(read_as) is type(value)


def test_every_value_knows_its_line() -> None:
    _, positions = parse("a: 1\nb:\n  c: x\n  d:\n    - 1\n    - 2\n", "x.yaml")

    assert {path: place.line for path, place in positions.items()} == {
        (): 1,
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 3,
        ("b", "d"): 4,
        ("b", "d", 0): 5,
        ("b", "d", 1): 6,
    }
    assert positions["b", "c"] == Place("x.yaml", 3)


def test_a_key_stands_once_and_all_that_stand_twice_are_told() -> None:
    text = "a: 1\nb: {c: 1, c: 2}\na: 2\n"

    assert sorted(problems(text)) == [(Fault.KEY_DUPLICATE, 2), (Fault.KEY_DUPLICATE, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: &anchor 2",
        "a: &x 1\nb: *x",
        "a: &x {c: 1}\nb:\n  <<: *x",
        "a: 1\nb: !!str 2",
        "a: 1\nb: !!python/object:os.system 2",
        "a: 1\nb: !mine 2",
        "a: 1\nb: ! 2",
        "a: 1\nb: !!set {c}",
        "a: 1\nb: [1, &x 2]",
        "a: 1\n&k b: 2",
    ],
)
def test_anchors_aliases_and_tags_are_refused_where_they_stand(text: str) -> None:
    assert all(fault is Fault.YAML_INVALID for fault, _ in problems(text))
    assert problems(text)[0][1] in {1, 2}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3),
        ("a: 1\n  b: 2\n", 2),
        ("a: 'open\n", 1),
        ("a: 1\n\tb: 2\n", 2),
        ("a: b: c\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: {b: 1}}\n", 1),
        ("? [a]\n: 1\n", 1),
        ("a: *nowhere\n", 1),
    ],
)
def test_a_syntax_error_names_its_line(text: str, line: int) -> None:
    assert problems(text) == [(Fault.YAML_INVALID, line)]


@pytest.mark.parametrize("text", ['"\\UFFFFFFFF"', "a: \x07", "%YAML 9.9\n---\na: 1", "\x00"])
def test_strange_signs_are_a_problem_and_no_crash(text: str) -> None:
    assert [fault for fault, _ in problems(text)] == [Fault.YAML_INVALID]


@pytest.mark.parametrize("deep", [DEEPEST + 1, 2_000, 20_000])
def test_nesting_has_a_limit(deep: int) -> None:
    assert {fault for fault, _ in problems("[" * deep + "]" * deep)} == {Fault.YAML_INVALID}


def test_an_empty_file_is_nothing() -> None:
    assert parse("# only a comment\n", "x.yaml")[0] is None


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes("a: å\r\nb: 2\r\n".encode("utf-8-sig"))

    value, positions = read(file)

    assert value == {"a": "å", "b": 2}
    assert positions["b",].line == 2


@pytest.mark.parametrize("content", [None, b"a: \xff\xfe", b"a: " + b"x" * LARGEST_FILE])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "kommune.yaml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        read(file)

    [problem] = caught.value.problems
    assert (problem.fault, problem.place.file) == (Fault.FILE_UNREADABLE, "kommune.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read(tmp_path)


@given(st.text() | st.text("abx:-[]{},&*!|>'\"%@`#? \n\t0189.\\U~<\x85\u2028"))
def test_whatever_is_in_a_file_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigError):
        _, positions = parse(text, "x.yaml")
        assert all(place.line >= 1 for place in positions.values())


TEXTS = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=12)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(TREES)
def test_quoted_text_and_plain_numbers_come_back_as_they_were(tree: Any) -> None:
    assert parse(json.dumps(tree, ensure_ascii=False), "x.yaml")[0] == tree
