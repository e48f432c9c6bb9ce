"""People whose announcements the weights are fitted on: what is said in their recordings."""

import pytest

from bench.announcers import ANNOUNCERS, texts


def test_texts_are_what_is_said_and_nothing_else() -> None:
    listed = """\
; Core sounds
activated: Activated.
digits/1: One
beep: [this is a simple beep tone]
vm-extension: (extension)
empty:
"""

    assert texts(listed) == {"activated": "activated", "digits/1": "one"}


@pytest.mark.parametrize("who", ANNOUNCERS, ids=lambda who: who.language)
def test_every_language_has_sounds_of_ours(who: object) -> None:
    said = {"en": "please", "es": "gracias", "fr": "bonjour", "it": "grazie", "ru": "спасибо"}
    announcer = next(each for each in ANNOUNCERS if each is who)

    (way,) = announcer.pronunciations(said[announcer.language], 1)

    assert len(way.sounds) >= 4
    assert announcer.pronunciations("…", 1) == []
