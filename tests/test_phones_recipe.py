"""The recipe of models/speech-phones, as far as it needs neither torch nor any synthesiser."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from recipe import noises
from recipe.corpus import HELD_OUT, gather
from recipe.espeak import ipa
from recipe.families import families
from recipe.features import Hearing, heeded, spectrum
from recipe.festival import phones
from recipe.festival_phones import PHONES, of_phones
from recipe.folder import HOME, MODEL, with_sum, write_model
from recipe.sounds import (
    ESPEAK,
    KOKORO,
    TRAINED,
    joined,
    numbers,
    of_ipa,
    of_norwegian,
    written,
)
from recipe.speech import Family, Spoken, said, trimmed
from recipe.spoil import Wave, spoil

from agent.frames import SAMPLE_RATE, Samples
from agent.models.manifest import MANIFEST, read_manifest
from agent.voice.backends.phone_table import read_table
from agent.voice.backends.phones import BANDS
from agent.voice.spelling import Slot, classes

TABLE = read_table(HOME / MODEL)

words = st.text("abcdefghijklmnopqrstuvwxyzæøåéèêòóüäöôà", min_size=1, max_size=15)


def tone(seconds: float, level: int = 9000) -> Samples:
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(level * np.sin(2 * np.pi * 300 * times), np.int16)


# Sounds


def slots_of_the_tables() -> list[Slot]:
    spelling = TABLE.spelling
    rules = [slot for _, slot in spelling.rules]
    return [*rules, *spelling.words.values(), *spelling.letters.values()]


@pytest.mark.parametrize("names", [ESPEAK, KOKORO], ids=["espeak-ng", "Kokoro"])
def test_synthesisers_have_a_name_for_every_sound_of_the_tables(names: dict[str, str]) -> None:
    used = {sound for slot in slots_of_the_tables() for way in slot for sound in way}

    assert used <= names.keys()
    assert all(names.values())


@given(words)
def test_every_word_can_be_written_and_labelled(word: str) -> None:
    for slot in TABLE.spelling.slots(word):
        for way in slot:
            written([way], ESPEAK, "'")
            written([way], KOKORO, "ˈ")
            assert all(0 < number <= len(TRAINED) for number in numbers(of_norwegian(way)))


@given(words)
def test_labels_are_the_agents_own_but_for_the_schwa(word: str) -> None:
    sounds = said(TABLE.spelling, word, np.random.default_rng(0))

    labels = of_norwegian(sounds)

    assert classes(labels) == classes(sounds)
    assert labels.count("ə") >= ("ə" in sounds)


@pytest.mark.parametrize(
    ("sounds", "labels"),
    [
        pytest.param(["ɪ", "k", "ə"], ("i", "k", "ə"), id="schwa"),
        pytest.param(["æɪ", "ɪ"], ("æ", "i"), id="diphthong, and no sound twice"),
        pytest.param(["tː", "ə", "ɛ"], ("t", "ə", "e"), id="schwa is not e"),
        pytest.param([], (), id="nothing"),
    ],
)
def test_norwegian_labels(sounds: list[str], labels: tuple[str, ...]) -> None:
    assert of_norwegian(sounds) == labels


def test_stress_is_on_the_first_vowel_of_each_word() -> None:
    assert written([("ʃ", "ʉː"), ("p", "l"), ("œʏ", "ə")], ESPEAK, "'") == "S'u-: pl 'Yy@"


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param("ˈhɛ_l_ˌoː", ("h", "e", "l", "o"), id="marks are passed over"),
        pytest.param("(en)ʃˈɒp(sv)", ("ʂ", "o", "p"), id="switches of language"),
        pytest.param("t̪ʰaʔa", ("t", "a"), id="diacritics and the glottal stop"),
        pytest.param("ʘa", None, id="a sound that we have not got"),
        pytest.param("", (), id="nothing"),
    ],
)
def test_ipa_labels(text: str, labels: tuple[str, ...] | None) -> None:
    assert of_ipa(text) == labels


def test_espeak_says_ipa_that_has_labels() -> None:
    assert of_ipa(ipa("flicka", "sv")) == ("f", "l", "i", "k", "a")


def test_the_network_that_ships_knows_every_sound_and_joins_the_schwa() -> None:
    numbers_of = joined(TABLE.numbers)

    assert numbers_of[0] == 0
    assert numbers_of[1 + TRAINED.index("ə")] == TABLE.numbers["e"]
    assert set(numbers_of) == {0, *TABLE.numbers.values()}


# festival and flite


@pytest.mark.parametrize("language", PHONES)
def test_phone_tables_lead_to_known_classes(language: str) -> None:
    assert all(of_phones([phone], language) for phone in PHONES[language])


@pytest.mark.parametrize(
    ("language", "said", "labels"),
    [
        pytest.param("fi", "# h y v @: #", ("h", "y", "v", "æ"), id="Finnish"),
        pytest.param("cs", "# c~ a: s n* _", ("t", "ʂ", "a", "s", "ŋ"), id="Czech"),
        pytest.param("cs", "# r~ e #", None, id="Czech has a sound that we have not got"),
        pytest.param("it", "# b O1 tt a SS #", ("b", "o", "t", "a", "ʂ"), id="Italian"),
        pytest.param("ca", "pau rr ax1 y pau", ("r", "ə", "j"), id="Catalan"),
        pytest.param("en", "pau jh oy z pau", ("d", "ʂ", "o", "i", "s"), id="English"),
        pytest.param("en", "pau w ah n pau", None, id="English w"),
        pytest.param("en", "pau pau", None, id="silence"),
    ],
)
def test_phones_of_festival(language: str, said: str, labels: tuple[str, ...] | None) -> None:
    assert of_phones(said.split(), language) == labels


def test_names_in_quotation_marks_are_names() -> None:
    assert phones('"#" "t:" a "@"') == ["#", "t:", "a", "@"]


# Sound


@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.1, 0.6),
    st.sampled_from([0, 1, 9000, 32767]),
    st.booleans(),
)
def test_spoilt_speech_is_speech(seed: int, seconds: float, level: int, crowded: bool) -> None:
    speech = tone(seconds, level)
    generator = np.random.default_rng(seed)

    spoilt = spoil(speech, generator, tone(0.3) if crowded else None)

    assert spoilt.dtype == np.int16
    assert spoilt.ndim == 1
    shortest, longest = 0.82 * seconds + 0.13, 1.22 * seconds + 0.76
    assert shortest * SAMPLE_RATE - 2 <= len(spoilt) <= longest * SAMPLE_RATE + 2
    assert np.abs(spoilt.astype(int)).max() <= 32767 * 10**-0.05 + 1


def test_silence_around_speech_is_cut() -> None:
    silence = np.zeros(SAMPLE_RATE, np.int16)

    found = trimmed(np.concatenate([silence, tone(0.5), silence]))

    assert found is not None
    assert len(found) == pytest.approx(0.5 * SAMPLE_RATE + 1000, abs=5)


@pytest.mark.parametrize("sound", [tone(0), tone(1, 0), tone(0.02), tone(3)])
def test_what_is_empty_too_short_or_too_long_is_not_learnt_from(sound: Samples) -> None:
    assert trimmed(sound) is None


@pytest.mark.parametrize("kind", noises.KINDS)
@given(st.integers(0, 2**32 - 1), st.integers(SAMPLE_RATE // 5, SAMPLE_RATE))
def test_noises_are_sound(
    kind: Callable[[int, np.random.Generator], Wave], seed: int, length: int
) -> None:
    wave = kind(length, np.random.default_rng(seed))

    assert wave.shape == (length,)
    assert np.isfinite(wave).all()
    assert np.abs(wave).max() > 0


def test_nothing_is_said_in_noises() -> None:
    spoken = list(noises.speak(8, np.random.default_rng(0), lambda _: None))

    assert len(spoken) == 8
    assert all(each.sounds == () and each.samples.dtype == np.int16 for each in spoken)


@pytest.mark.parametrize("seconds", [0.1, 0.333, 1.0, 2.8])
def test_the_head_sees_what_the_recogniser_will_see(seconds: float) -> None:
    sound = tone(seconds)

    assert spectrum(sound).shape[0] == BANDS
    assert spectrum(sound).shape[1] % 50 == 0
    assert spectrum(sound).shape[1] / 2 >= heeded(sound)


# The whole


class Deaf(Hearing):
    """Hears as many states as the frozen layers would, all of them zero."""

    def __init__(self) -> None:
        pass

    def hear(self, sound: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
        return np.zeros((heeded(sound), 8), np.float16)


def test_a_family_that_is_not_installed_is_left_out_with_a_word() -> None:
    spoken = Spoken(tone(1), ("a", "b"))
    there = Family("one", "", lambda: True, lambda n, g, say: iter([spoken] * n), 40, 2, True)
    gone = Family("two", "Debian: two", lambda: False, lambda n, g, say: iter([]), 40)
    lines: list[str] = []

    corpus = gather([there, gone], Deaf(), np.random.default_rng(0), lines.append)

    assert lines == ["one: 80 utterances", "two: left out, not installed (Debian: two)"]
    assert len(corpus.held_out) == 2 * 40 // HELD_OUT
    assert len(corpus.learnt) == 80 - len(corpus.held_out)
    assert corpus.learnt[0].labels == tuple(numbers("ab"))


@pytest.mark.parametrize(("count", "quick"), [(40, 3), (300, 20), (6000, 100)])
def test_quick_is_little_of_each_and_no_copies(count: int, quick: int) -> None:
    spoken = Spoken(tone(1), ("a",))
    family = Family("one", "", lambda: True, lambda n, g, say: iter([spoken] * n), count, 2)

    corpus = gather([family], Deaf(), np.random.default_rng(0), lambda _: None, quick=True)

    assert len(corpus.learnt) + len(corpus.held_out) == quick


def test_every_family_says_what_brings_it() -> None:
    for family in families(TABLE.spelling):
        assert family.needs.startswith(("Debian: ", "PyPI: ")) or family.is_there()


# The folder


def test_the_manifest_is_of_the_model_that_lies_there() -> None:
    model = (HOME / MODEL).read_bytes()
    (file,) = read_manifest(HOME).files

    assert (file.name, file.bytes) == (MODEL, len(model))
    assert file.sha256 == hashlib.sha256(model).hexdigest()


def test_a_model_in_another_folder_has_all_that_belongs_to_it(tmp_path: Path) -> None:

    folder = tmp_path / "speech-phones"

    sha256 = write_model(folder, b"network")

    manifest = yaml.safe_load((folder / MANIFEST).read_text("utf-8"))
    assert (manifest["bytes"], manifest["sha256"]) == (7, sha256)
    assert manifest["licence"] == read_manifest(HOME).licence
    assert read_table(folder / MODEL) == TABLE


def test_a_manifest_without_a_place_for_the_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="sha256"):
        with_sum("bytes: 1\n", 7, "0" * 64)
