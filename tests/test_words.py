"""The second opinion: the shipped model, its folder, and which tokens the recipe keeps."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from words_recipe import tokens
from words_recipe.command import HOME, with_sums

from agent.faults import Fault, PartError
from agent.models.manifest import MANIFEST
from agent.voice.backends.phones import PhoneRecogniser
from agent.voice.backends.whisper_phrases import near_silence
from agent.voice.backends.whisper_tokens import LANGUAGE, SPECIAL, Tokeniser
from agent.voice.backends.words import FILES, HEAD, TOKENS, UPPER, States, WordScorer
from agent.voice.commands import Grammar
from bench.hearing import shipped_commands
from bench.make_sounds import speak
from tests import tiny_whisper

PHONES = HOME.parent / "speech-phones" / "speech-phones.onnx"
FEW = ("start video", "avslutt video", "hvilemodus", "lukk skuffen")


@pytest.fixture(scope="module")
def phones() -> PhoneRecogniser:
    recogniser = PhoneRecogniser(str(PHONES))
    recogniser.prepare(())
    return recogniser


@pytest.fixture(scope="module")
def silence(phones: PhoneRecogniser) -> States:
    return phones.hear(near_silence()).states


@pytest.fixture(scope="module")
def scorer(silence: States) -> WordScorer:
    return WordScorer(HOME, silence)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the model that may be spoilt."""
    return Path(shutil.copytree(HOME, tmp_path / HOME.name, ignore=shutil.ignore_patterns("*.py")))


# The model


@pytest.mark.parametrize("said", FEW)
def test_what_was_said_is_likelier_than_anything_else(
    scorer: WordScorer, phones: PhoneRecogniser, said: str
) -> None:
    states = phones.hear(speak(said, "m2", 45, 155, seed=1)).states

    scores = scorer.score(states, FEW)

    others = [score for phrase, score in scores.items() if phrase != said]
    assert scores[said] > max(others)


@pytest.mark.parametrize("phrases", [(), ("...",), ("", "?!")])
def test_phrases_without_letters_get_no_score(
    scorer: WordScorer, silence: States, phrases: tuple[str, ...]
) -> None:
    scores = scorer.score(silence, phrases)

    assert all(score < 0 for score in scores.values())
    assert "" not in scores


def test_near_silence_is_no_phrase(scorer: WordScorer, silence: States) -> None:
    assert max(scorer.score(silence, FEW).values()) < 0


# The folder


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_named(folder: Path, silence: States, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(PartError) as raised:
        WordScorer(folder, silence)

    assert raised.value.fault is Fault.MODEL_MISSING
    assert raised.value.values["file"] == str(folder / name)


@pytest.mark.parametrize("name", [UPPER, HEAD, TOKENS])
def test_a_file_that_was_cut_short_is_named(folder: Path, silence: States, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])

    with pytest.raises(PartError) as raised:
        WordScorer(folder, silence)

    assert raised.value.fault is Fault.MODEL_CORRUPT
    assert raised.value.values["file"] == str(folder / name)


def test_a_manifest_that_lists_too_little_is_no_model(folder: Path, silence: States) -> None:
    manifest = (folder / MANIFEST).read_text("utf-8")
    kept = [line for line in manifest.splitlines(keepends=True) if f"name: {HEAD}" not in line]
    (folder / MANIFEST).write_text("".join(kept), "utf-8")

    with pytest.raises(PartError) as raised:
        WordScorer(folder, silence)

    assert raised.value.fault is Fault.MODEL_CORRUPT


def test_the_manifest_is_of_the_files_that_lie_there() -> None:
    manifest = (HOME / MANIFEST).read_text("utf-8")

    assert with_sums(manifest, HOME) == manifest


def test_a_manifest_without_files_is_refused() -> None:
    with pytest.raises(ValueError, match="no list of files"):
        with_sums("schema: 1\n", HOME)


# The vocabulary


def test_no_command_is_written_letter_by_letter() -> None:
    tokeniser = Tokeniser(HOME / TOKENS)
    for phrase in Grammar(shipped_commands()).phrases:
        for form in tokeniser.forms(phrase):
            assert len(form) < 0.6 * len(phrase) + 1, phrase


def read(folder: Path) -> tuple[dict[str, Any], Tokeniser]:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(tiny_whisper.tokeniser()), "utf-8")
    return tiny_whisper.tokeniser(), Tokeniser(path)


WORDS = st.text("abdeinostuvøå ", max_size=12)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Tokeniser]:
    return read(tmp_path_factory.mktemp("tokens"))


@given(words=st.lists(WORDS, max_size=4))
def test_kept_words_are_written_as_in_the_whole_vocabulary(
    whole: tuple[dict[str, Any], Tokeniser],
    tmp_path_factory: pytest.TempPathFactory,
    words: list[str],
) -> None:
    data, tokeniser = whole
    path = tmp_path_factory.getbasetemp() / "smaller.json"

    kept = tokens.kept(data, tokeniser, words)
    path.write_text(json.dumps(tokens.smaller(data, kept)), "utf-8")
    smaller = Tokeniser(path)

    for word in words:
        again = [tuple(kept[token] for token in form) for form in smaller.forms(word)]
        assert again == list(tokeniser.forms(word))


@given(words=st.lists(WORDS, max_size=2), other=st.text(max_size=8))
def test_anything_can_be_written_with_what_is_kept(
    whole: tuple[dict[str, Any], Tokeniser],
    tmp_path_factory: pytest.TempPathFactory,
    words: list[str],
    other: str,
) -> None:
    data, tokeniser = whole
    path = tmp_path_factory.getbasetemp() / "smaller.json"
    kept = tokens.kept(data, tokeniser, words)
    path.write_text(json.dumps(tokens.smaller(data, kept)), "utf-8")

    assert all(token < len(kept) for token in Tokeniser(path).encode(other))


def test_ends_and_orders_stand_above_the_words(
    whole: tuple[dict[str, Any], Tokeniser],
) -> None:
    data, tokeniser = whole
    kept = tokens.kept(data, tokeniser, ["avslutt"])

    smaller, rows = tokens.smaller(data, kept), tokens.rows(data, kept)

    above = {each["content"]: each["id"] for each in smaller["added_tokens"]}
    assert list(above.values()) == list(range(len(kept), len(kept) + len(SPECIAL)))
    assert rows[above[SPECIAL[0]]] == tokeniser.end
    assert [rows[above[name]] for name in SPECIAL[1:]] == list(tokeniser.prompt)


def test_another_language_is_told_in_the_place_of_norwegian(
    whole: tuple[dict[str, Any], Tokeniser],
) -> None:
    data, _ = whole
    other = {"content": "<|it|>", "id": 54321}
    both = data | {"added_tokens": [*data["added_tokens"], other]}

    norwegian, italian = (tokens.rows(both, [5, 7], told) for told in ("no", "it"))

    place = 2 + SPECIAL.index(LANGUAGE)
    assert italian == [*norwegian[:place], 54321, *norwegian[place + 1 :]]
