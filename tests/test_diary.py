"""What was said about the picture, and when it was over."""

from agent.messages import Light, LightChanged
from agent.video.diary import Diary, Warned


def test_a_warning_is_noted_once_and_closed_when_it_is_over() -> None:
    diary = Diary()
    diary.note(LightChanged(Light.GOOD), 1.0)
    diary.note(LightChanged(Light.DARK), 10.0)
    diary.note(LightChanged(Light.DARK, repeated=True), 70.0)
    diary.note(LightChanged(Light.GOOD), 80.0)
    diary.note(LightChanged(Light.GOOD), 90.0)
    diary.note(LightChanged(Light.BLURRED), 100.0)
    assert diary.warned == [Warned(Light.DARK, 10.0, 80.0), Warned(Light.BLURRED, 100.0)]
