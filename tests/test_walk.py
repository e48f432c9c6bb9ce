"""A checklist walked by voice, whatever is said in whatever order."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent.checklist.model import Answer, Checklist, Leader, Point
from agent.messages import (
    Command,
    ConnectionLost,
    Event,
    Heard,
    Joined,
    Phrase,
    RoomState,
    Say,
    Sentence,
    SpeechDone,
    Timer,
    TimerFired,
    VisitEnded,
)
from agent.session import ListId, Rules, Session, step

SETTLED = {Answer.DONE, Answer.NOT_APPLICABLE}


def point(number: int, *, asked: bool = True) -> Point:
    words = Sentence(f"{number}", f"{number}")
    return Point(
        f"p{number}",
        ("1",),
        Leader.NURSE,
        "ord",
        frozenset(Answer),
        prompt=words if asked else None,
        advice=Sentence(f"råd {number}", f"råd {number}"),
    )


LIST = Checklist(
    "forberedelser",
    Sentence("a", "a"),
    tuple(point(number, asked=number % 3 != 1) for number in range(8)),
)
ASKED = [one for one in LIST.points if one.prompt]
RULES = Rules(checklists=dict.fromkeys(ListId, LIST))
OPEN, _ = step(Session(RULES), Heard(Command.OPEN_PREPARATIONS))

WALK = (
    *(Command.DONE, Command.NO, Command.NOT_APPLICABLE, Command.REPEAT),
    *(Command.SKIP, Command.BACK, Command.CLOSE_LIST, Command.OPEN_PREPARATIONS),
)
INTERRUPTIONS: tuple[Event, ...] = (
    *(Heard(word) for word in (Command.WAKE, Command.REST, Command.STATUS, Command.HELP)),
    *(Heard(word) for word in (Command.CALL_CLINIC, Command.CONFIRM, Command.CANCEL)),
    TimerFired(Timer.ANSWER_WINDOW),
    TimerFired(Timer.QUESTION),
    SpeechDone(),
)
MEETING: tuple[Event, ...] = (
    *(Heard(Command.START_VIDEO), Joined(RoomState()), ConnectionLost()),
    *(Heard(Command.END_VIDEO), TimerFired(Timer.UNDO), VisitEnded()),
)
words = st.sampled_from([Heard(word) for word in WALK])
events = st.one_of(words, st.sampled_from(INTERRUPTIONS))


def walk(session: Session, said: list[Event]) -> Session:
    for event in said:
        session, _ = step(session, event)
    return session


@given(st.lists(events, max_size=30), st.sampled_from(INTERRUPTIONS))
def test_an_interruption_loses_neither_the_place_nor_an_answer(
    said: list[Event], interruption: Event
) -> None:
    before = walk(OPEN, said)
    after, _ = step(before, interruption)

    assert after.answers == before.answers
    if before.progress is not None:
        assert after.progress is not None
        assert replace(after.progress, reminded=False) == replace(before.progress, reminded=False)


@given(st.lists(st.one_of(events, st.sampled_from(MEETING)), max_size=40))
def test_only_an_answer_changes_the_answers(said: list[Event]) -> None:
    session = OPEN
    answers = {Heard(Command.DONE), Heard(Command.NO), Heard(Command.NOT_APPLICABLE)}
    for event in said:
        after, _ = step(session, event)
        if event not in answers:
            assert after.answers == session.answers
        session = after


@given(st.lists(events, max_size=30))
def test_reopened_it_goes_on_at_the_first_open_point(said: list[Event]) -> None:
    closed = walk(OPEN, [*said, Heard(Command.CANCEL), Heard(Command.WAKE)])
    closed, _ = step(closed, Heard(Command.CLOSE_LIST))
    assert closed.progress is None

    again, _ = step(closed, Heard(Command.OPEN_PREPARATIONS))
    left = [one for one in ASKED if closed.answers.get(one.id) not in SETTLED]
    assert again.progress is not None
    assert again.progress.point == (left[0] if left else ASKED[0])


@given(st.lists(events, max_size=30))
def test_the_end_tells_how_many_points_are_open(said: list[Event]) -> None:
    session = OPEN
    for event in said:
        after, actions = step(session, event)
        told = [a for a in actions if isinstance(a, Say)]
        left = sum(after.answers.get(one.id) not in SETTLED for one in ASKED)
        for line in told:
            if line.line in {Phrase.LIST_CLOSED, Phrase.LIST_FINISHED_WITH_OPEN}:
                assert line.values == {"open": left}
            if line.line is Phrase.LIST_FINISHED:
                assert left == 0
        if session.progress is not None and after.progress is None:
            assert told, "a list never closes in silence"
        session = after


def test_what_is_repeated_is_said_slowly() -> None:
    _, actions = step(OPEN, Heard(Command.REPEAT))
    assert {a.slowly for a in actions if isinstance(a, Say)} == {True}


def test_the_end_names_the_first_open_points() -> None:
    answers = [Command.SKIP, *[Command.DONE] * (len(ASKED) - 2), Command.SKIP]
    session = walk(OPEN, [Heard(word) for word in answers[:-1]])
    _, actions = step(session, Heard(answers[-1]))
    said = [(a.line, dict(a.values)) for a in actions if isinstance(a, Say)]

    assert said == [
        (Phrase.LIST_FINISHED_WITH_OPEN, {"open": 2}),
        (Phrase.POINT_STILL_OPEN, {"number": 1}),
        (ASKED[0].prompt, {}),
        (Phrase.POINT_STILL_OPEN, {"number": len(ASKED)}),
        (ASKED[-1].prompt, {}),
    ]


@given(st.integers(1, len(ASKED) - 1))
def test_repeat_and_reopen_tell_the_place(done: int) -> None:
    session = walk(OPEN, [Heard(Command.DONE)] * done)
    place = {"number": done + 1, "count": len(ASKED)}
    prompt = ASKED[done].prompt

    repeated, actions = step(session, Heard(Command.REPEAT))
    closed, _ = step(repeated, Heard(Command.CLOSE_LIST))
    _, reopened = step(closed, Heard(Command.OPEN_PREPARATIONS))

    for told in (actions, reopened):
        lines = [action for action in told if isinstance(action, Say)]
        assert [line.line for line in lines] == [prompt, Phrase.POINT]
        assert lines[1].values == place


def test_a_first_opening_and_each_next_point_are_just_asked() -> None:
    _, actions = step(OPEN, Heard(Command.DONE))
    assert [a.line for a in actions if isinstance(a, Say)] == [ASKED[1].prompt]


@given(st.lists(events, max_size=30))
def test_no_goes_on_only_when_it_is_done(said: list[Event]) -> None:
    session = walk(OPEN, said)
    if session.progress is None or session.progress.point is None:
        return
    at = session.progress.point
    after, _ = step(session, Heard(Command.NO))
    assert after.progress is not None
    assert after.progress.point == at
