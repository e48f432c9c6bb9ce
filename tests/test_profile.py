"""The voice profile: what is kept, that it stays closed, and that it can be forgotten."""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.recognisers import own_voice
from agent.voice.profile import (
    FILE,
    HEADER,
    KEY,
    Own,
    Profile,
    ProfileStore,
    Vectors,
    fingerprint,
    fit,
)

DAY = date(2026, 11, 22)


def vectors(length: int, seed: int = 0) -> Vectors:
    return np.random.default_rng(seed).normal(0, 8, (length, 96)).astype(np.float32)


PROFILE = Profile(
    "model",
    {
        "avslutt video": Own((vectors(12), vectors(14, 1), vectors(13, 2)), DAY),
        "gå tilbake": Own((vectors(9, 3),), DAY),
    },
)


def saved(folder: Path) -> ProfileStore:
    store = ProfileStore(folder / "data")
    store.save(PROFILE)
    return store


def fault_of(call: Callable[[], object]) -> Fault:
    with pytest.raises(PartError) as raised:
        call()
    return raised.value.fault


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    back = saved(tmp_path).load()

    assert back is not None
    assert back.model == "model"
    assert {phrase: own.made for phrase, own in back.phrases.items()} == dict.fromkeys(
        PROFILE.phrases, DAY
    )
    for phrase, own in PROFILE.phrases.items():
        for kept, given_ in zip(back.phrases[phrase].templates, own.templates, strict=True):
            assert kept == pytest.approx(given_, rel=1e-3, abs=1e-3)


def test_without_a_profile_there_is_none(tmp_path: Path) -> None:
    assert ProfileStore(tmp_path / "nowhere").load() is None


def test_neither_words_nor_numbers_stand_in_the_clear(tmp_path: Path) -> None:
    saved(tmp_path)
    data = (tmp_path / "data" / FILE).read_bytes()

    assert b"video" not in data
    assert b"templates" not in data
    assert PROFILE.phrases["gå tilbake"].templates[0].astype("<f2").tobytes()[:16] not in data


def test_saving_again_replaces_it_and_never_repeats_a_nonce(tmp_path: Path) -> None:
    store = saved(tmp_path)
    first = (tmp_path / "data" / FILE).read_bytes()
    store.save(PROFILE.with_phrase("bekreft", Own((vectors(7),), DAY)))
    second = (tmp_path / "data" / FILE).read_bytes()

    back = store.load()
    assert back is not None
    assert set(back.phrases) == {"avslutt video", "gå tilbake", "bekreft"}
    nonce = slice(len(HEADER), len(HEADER) + 12)
    assert first[nonce] != second[nonce]
    assert sorted(file.name for file in (tmp_path / "data").iterdir()) == [FILE, KEY]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such rights; its folder is closed")
def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    saved(tmp_path)

    for name in (FILE, KEY):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@examples(max_examples=20)
@given(place=st.integers(0, 10**6), change=st.integers(1, 255))
def test_a_profile_that_was_changed_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int
) -> None:
    folder = tmp_path_factory.mktemp("profile")
    store = saved(folder)
    file = folder / "data" / FILE
    data = bytearray(file.read_bytes())
    data[place % len(data)] ^= change
    file.write_bytes(bytes(data))

    assert fault_of(store.load) is Fault.PROFILE_CORRUPT


@pytest.mark.parametrize("kept", [0, 5, len(HEADER), len(HEADER) + 6, len(HEADER) + 12, -1])
def test_a_profile_that_was_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    store = saved(tmp_path)
    file = tmp_path / "data" / FILE
    file.write_bytes(file.read_bytes()[:kept])

    assert fault_of(store.load) is Fault.PROFILE_CORRUPT


@pytest.mark.parametrize("key", [None, b"", b"short", bytes(32), bytes(33)])
def test_without_its_own_key_it_is_noise(tmp_path: Path, key: bytes | None) -> None:
    store = saved(tmp_path)
    file = tmp_path / "data" / KEY
    file.unlink()
    if key is not None:
        file.write_bytes(key)

    assert fault_of(store.load) is Fault.PROFILE_CORRUPT
    assert store.forget()
    assert store.load() is None


BAD: Mapping[str, Profile] = {
    "no templates": Profile("model", {"nei": Own((), DAY)}),
    "empty": Profile("model", {"nei": Own((vectors(0),), DAY)}),
    "two sizes": Profile("model", {"nei": Own((vectors(3), vectors(3)[:, :40]), DAY)}),
    "no numbers": Profile("model", {"nei": Own((np.full((3, 96), np.nan, np.float32),), DAY)}),
    "too long": Profile("model", {"nei": Own((np.zeros((1001, 96), np.float32),), DAY)}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_profile_of_nonsense_is_refused(tmp_path: Path, name: str) -> None:
    store = ProfileStore(tmp_path)
    store.save(BAD[name])

    assert fault_of(store.load) is Fault.PROFILE_CORRUPT


def test_forgetting_takes_the_key_along_and_tells_whether_there_was_anything(
    tmp_path: Path,
) -> None:
    store = saved(tmp_path)

    assert store.forget()
    assert list((tmp_path / "data").iterdir()) == []
    assert not store.forget()


def test_a_new_profile_has_a_new_key(tmp_path: Path) -> None:
    store = saved(tmp_path)
    key = (tmp_path / "data" / KEY).read_bytes()
    (tmp_path / "data" / FILE).unlink()
    store.save(PROFILE)

    assert (tmp_path / "data" / KEY).read_bytes() != key
    assert store.load() is not None


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    store = ProfileStore(tmp_path / "file")
    assert fault_of(lambda: store.save(PROFILE)) is Fault.PROFILE_NOT_WRITABLE


# What of it can be used


def test_all_of_it_fits_the_model_and_phrases_it_was_made_for() -> None:
    found = fit(PROFILE, "model", ("avslutt video", "gå tilbake", "nei"))

    assert found.fault is None
    assert set(found.personal) == {"avslutt video", "gå tilbake"}


def test_another_model_cannot_read_it() -> None:
    found = fit(PROFILE, "another", PROFILE.phrases)
    assert (found.fault, found.personal) == (Fault.PROFILE_OTHER_MODEL, {})


def test_phrases_that_are_no_longer_there_are_left_out_and_named() -> None:
    found = fit(PROFILE, "model", ("gå tilbake",))

    assert set(found.personal) == {"gå tilbake"}
    assert (found.fault, found.values) == (
        Fault.PROFILE_OTHER_PHRASES,
        {"phrases": "«avslutt video»"},
    )


def test_the_fingerprint_is_the_models(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"2")

    assert fingerprint(one) != fingerprint(other)
    assert fault_of(lambda: fingerprint(tmp_path / "none")) is Fault.MODEL_MISSING


# As the settings say


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProfileStore:
    """This user's own folder is an empty one."""
    for variable in ("XDG_DATA_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    store = ProfileStore()
    assert store.folder.is_relative_to(tmp_path)
    return store


MODELS = Path(__file__).parents[1] / "models"


def settings(*, recogniser: str = "templates", profile: bool = True) -> Settings:
    return Settings.model_validate({"voice": {"recogniser": recogniser, "profile": profile}})


def test_it_is_used_only_when_the_settings_say_so(home: ProfileStore) -> None:
    model = fingerprint(MODELS / "speech-embedding" / "speech-embedding.onnx")
    home.save(replace(PROFILE, model=model))

    assert own_voice(settings(profile=False), MODELS, PROFILE.phrases).personal == {}
    used = own_voice(settings(), MODELS, PROFILE.phrases)
    assert (used.fault, set(used.personal)) == (None, set(PROFILE.phrases))


def test_a_profile_that_cannot_be_used_is_told_and_stops_nothing(home: ProfileStore) -> None:
    def fault() -> Fault | None:
        found = own_voice(settings(), MODELS, PROFILE.phrases)
        assert not found.personal
        return found.fault

    assert fault() is Fault.PROFILE_MISSING
    home.save(PROFILE)
    assert fault() is Fault.PROFILE_OTHER_MODEL
    (home.folder / KEY).write_bytes(b"")
    assert fault() is Fault.PROFILE_CORRUPT


def test_a_recogniser_that_takes_none_is_told() -> None:
    found = own_voice(settings(recogniser="other"), MODELS, PROFILE.phrases)
    assert found.fault is Fault.PROFILE_NOT_USED
