"""The vectors of the synthetic templates are kept, and never believed when anything is wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from agent.voice.backends import templates
from agent.voice.backends.alignment import Vectors
from agent.voice.backends.espeak_library import EspeakLibrary
from agent.voice.backends.template_cache import FOLDER_VARIABLE, KEPT_FILES, TemplateCache
from agent.voice.backends.templates import TemplateRecogniser
from agent.voice.base import Utterance
from bench.hearing import MODEL
from bench.make_sounds import speak

VECTORS = [np.full((length, 3), length, np.float32) for length in (1, 4, 2)]
PHRASES = ("avslutt video", "frys bildet")


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    TemplateCache(tmp_path / "new" / "folder", "key").save(VECTORS)
    found = TemplateCache(tmp_path / "new" / "folder", "key").load(len(VECTORS))
    assert found is not None
    for kept, given in zip(found, VECTORS, strict=True):
        assert kept.dtype == np.float32
        np.testing.assert_array_equal(kept, given)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert TemplateCache(tmp_path / "none", "key").load(3) is None


def test_other_templates_are_not_found(tmp_path: Path) -> None:
    TemplateCache(tmp_path, "key").save(VECTORS)
    assert TemplateCache(tmp_path, "another key").load(3) is None
    assert TemplateCache(tmp_path, "key").load(2) is None


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _data: b"",
    "cut short": lambda data: data[: len(data) // 2],
    "a bit turned": lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
    "another sum": lambda data: bytes(32) + data[32:],
    "something else": lambda _data: b"PK\x03\x04 and nothing more of a file",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_cache_is_none_and_is_made_anew(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    cache = TemplateCache(tmp_path, "key")
    cache.save(VECTORS)
    file = only_file(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert cache.load(len(VECTORS)) is None
    cache.save(VECTORS)
    assert cache.load(len(VECTORS)) is not None


def test_a_folder_that_cannot_be_written_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    cache = TemplateCache(tmp_path / "file", "key")
    cache.save(VECTORS)
    assert cache.load(len(VECTORS)) is None


def test_a_file_that_is_a_folder_is_no_cache(tmp_path: Path) -> None:
    cache = TemplateCache(tmp_path, "key")
    cache.save(VECTORS)
    file = only_file(tmp_path)
    file.unlink()
    (file / "inside").mkdir(parents=True)
    cache.save(VECTORS)
    assert cache.load(len(VECTORS)) is None
    assert list(tmp_path.iterdir()) == [file], "nothing half-written is left"


def test_few_sets_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT_FILES + 3):
        TemplateCache(tmp_path, str(number)).save(VECTORS)
    assert len(list(tmp_path.iterdir())) == KEPT_FILES
    assert TemplateCache(tmp_path, str(KEPT_FILES + 2)).load(3) is not None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def prepared(personal: dict[str, list[Vectors]] | None = None) -> TemplateRecogniser:
    recogniser = TemplateRecogniser(str(MODEL), {}, personal)
    recogniser.prepare(PHRASES)
    return recogniser


def test_the_second_start_says_nothing_and_hears_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = speak("frys bildet", "klatt3", 52, 150, 1)
    utterance = Utterance(sound, 0, len(sound))
    first = prepared().score(utterance, PHRASES)

    def refuse(*_text: object, **_voice: object) -> None:
        raise AssertionError("espeak-ng was asked")

    monkeypatch.setattr(EspeakLibrary, "speak", refuse)
    assert prepared().score(utterance, PHRASES) == first


def test_a_voice_profile_is_in_no_cache(folder: Path) -> None:
    prepared()
    plain = only_file(folder).read_bytes()
    own = np.random.default_rng(0).normal(size=(9, 96)).astype(np.float32)
    only_file(folder).unlink()
    prepared({"frys bildet": [own]})
    # espeak-ng has chance in it, so the bytes differ; their number does not.
    assert len(only_file(folder).read_bytes()) == pytest.approx(len(plain), rel=0.02)
    assert own.tobytes()[:64] not in only_file(folder).read_bytes()


@pytest.mark.parametrize(
    "change",
    ["spelling", "phrases", "language", "voices", "preparation", "synthesiser", "network"],
)
def test_templates_of_other_origin_are_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    prepared()
    exceptions: dict[str, str] = {}
    phrases: tuple[str, ...] = PHRASES
    language = "nb"
    match change:
        case "spelling":
            exceptions = {"video": "vidéo"}
        case "phrases":
            phrases = (*PHRASES, "zoom inn")
        case "language":
            language = "sv"
        case "voices":
            monkeypatch.setattr(templates, "VOICES", templates.VOICES[::-1])
        case "preparation":
            monkeypatch.setattr(templates, "PREPARATION", ())
        case "synthesiser":
            monkeypatch.setattr("importlib.metadata.version", json.dumps)
        case _:
            monkeypatch.setattr("onnxruntime.__version__", "0")
    TemplateRecogniser(str(MODEL), exceptions, language=language).prepare(phrases)
    assert len(list(folder.iterdir())) == 2
