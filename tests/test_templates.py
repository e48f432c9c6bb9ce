"""A person's own templates beside the synthetic ones."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from agent.faults import Fault, PartError
from agent.frames import Samples
from agent.voice.backends.alignment import Vectors
from agent.voice.backends.templates import TemplateRecogniser
from agent.voice.base import Utterance
from bench.hearing import MODEL
from bench.make_sounds import pronunciation, speak

PHRASES = ("avslutt video", "frys bildet", "gå tilbake", "hvilemodus")
UNUSUAL = "vend attende"
"""How somebody says «gå tilbake» whom espeak-ng is of no help with."""

ANEW = 1.0
"""By so much scores may differ when espeak-ng, which has chance in it, makes new templates."""


def recogniser(personal: Mapping[str, Sequence[Vectors]] | None = None) -> TemplateRecogniser:
    made = TemplateRecogniser(str(MODEL), pronunciation(), personal)
    made.prepare(PHRASES)
    return made


def said(text: str, seed: int, rate: int = 150) -> Utterance:
    sound: Samples = speak(text, "klatt3", 52, rate, seed)
    return Utterance(sound, 0, len(sound))


@pytest.fixture(scope="module")
def plain() -> TemplateRecogniser:
    return recogniser()


@pytest.fixture(scope="module")
def takes(plain: TemplateRecogniser) -> list[Vectors]:
    return [plain.embed(said(UNUSUAL, seed, rate)) for seed, rate in ((1, 150), (2, 140), (3, 160))]


@pytest.fixture(scope="module")
def own(takes: list[Vectors]) -> TemplateRecogniser:
    return recogniser({"gå tilbake": takes, "not a phrase": takes})


def test_what_its_owner_says_is_understood(
    plain: TemplateRecogniser, own: TemplateRecogniser
) -> None:
    utterance = said(UNUSUAL, 9, 145)
    without, with_it = (each.score(utterance, PHRASES) for each in (plain, own))

    assert without.phrases["gå tilbake"] < without.garbage
    assert with_it.phrases["gå tilbake"] > with_it.garbage + 2
    assert with_it.garbage == pytest.approx(without.garbage, abs=ANEW)


def test_it_brings_a_phrase_nearer_and_never_farther(
    plain: TemplateRecogniser, own: TemplateRecogniser
) -> None:
    for number, phrase in enumerate(PHRASES):
        utterance = said(phrase, number)
        without, with_it = (each.score(utterance, PHRASES) for each in (plain, own))
        assert max(with_it.phrases, key=with_it.phrases.__getitem__) == phrase
        for each in PHRASES:
            assert with_it.phrases[each] >= without.phrases[each] - ANEW


def test_what_is_not_valid_now_counts_as_garbage_for_its_owner_too(
    own: TemplateRecogniser,
) -> None:
    scores = own.score(said(UNUSUAL, 9), ("hvilemodus",))
    assert scores.garbage > scores.phrases["hvilemodus"] + 2


def test_a_recording_is_compared_with_the_phrases_and_with_other_recordings(
    plain: TemplateRecogniser, takes: list[Vectors]
) -> None:
    other = plain.embed(said("hvilemodus", 4))
    synthetic, near = plain.compare(takes[0], {"gå tilbake": takes[1:], "hvilemodus": [other]})

    assert set(synthetic) == set(PHRASES)
    assert near["gå tilbake"] < 0.4 < near["hvilemodus"]
    assert plain.compare(other, {})[1] == {}
    assert min(plain.compare(other, {})[0].items(), key=lambda pair: pair[1])[0] == "hvilemodus"


@pytest.mark.parametrize("shape", [(5, 40), (5,), (0, 96)])
def test_templates_of_another_model_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PartError) as raised:
        recogniser({"gå tilbake": [np.ones(shape, np.float32)]})
    assert raised.value.fault is Fault.PROFILE_CORRUPT
