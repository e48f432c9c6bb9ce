"""How far a list has come: answers, going back, skipping, resuming."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent.checklist.engine import Progress, backward, begin, forward, record
from agent.checklist.model import Answer, Checklist, Leader, Point
from agent.messages import Sentence

BOTH = Sentence("a", "a")


def points(*asked: bool) -> tuple[Point, ...]:
    return tuple(
        Point(f"p{i}", ("1",), Leader.NURSE, "", frozenset(Answer), prompt=BOTH if ask else None)
        for i, ask in enumerate(asked)
    )


def lists(*asked: bool) -> Checklist:
    return Checklist("test", BOTH, points(*asked))


shapes = st.lists(st.booleans(), max_size=8).map(lambda asked: lists(*asked))


@given(shapes)
def test_walking_forward_asks_every_point_that_has_a_prompt_once(checklist: Checklist) -> None:
    progress = begin(checklist)
    asked = []
    while progress.point is not None:
        asked.append(progress.point)
        assert progress.number == len(asked)
        progress = forward(progress)
    assert asked == [point for point in checklist.points if point.prompt]


@given(shapes, st.lists(st.sampled_from([forward, backward]), max_size=20))
def test_no_walk_leaves_the_list(checklist: Checklist, walk: list[object]) -> None:
    progress = begin(checklist)
    for move in walk:
        progress = move(progress)  # type: ignore[operator]  # sampled functions
        assert 0 <= progress.index <= len(checklist.points)
        assert progress.point is None or progress.point.prompt


def test_a_no_stays_open_and_is_asked_again() -> None:
    progress = record(begin(lists(True, True)), Answer.NO)
    assert len(progress.open_points) == 2

    again = begin(progress.checklist, progress.answers)
    assert again.index == 0


def test_a_finished_list_begins_from_the_top() -> None:
    checklist = lists(True, True)
    answers = {point.id: Answer.DONE for point in checklist.points}
    assert begin(checklist, answers).index == 0


def test_back_at_the_first_point_stays_there() -> None:
    progress: Progress = begin(lists(False, True, True))
    assert backward(progress) == progress
    assert backward(forward(progress)) == replace(progress, reminded=False)
