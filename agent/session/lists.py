"""PURE: reading a checklist aloud and taking the answers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from agent.checklist.engine import Progress, backward, begin, forward, record, settled_by
from agent.checklist.handoff import before_leaving
from agent.checklist.model import Answer, Point
from agent.messages import (
    Action,
    CancelTimer,
    Command,
    Event,
    Heard,
    Phrase,
    Say,
    Sentence,
    Timer,
    TimerFired,
    Urgency,
)
from agent.session.state import (
    IN_ROOM,
    QUESTIONS,
    ListId,
    Session,
    Step,
    Visit,
    Window,
    checked,
    clocks,
)

_OPENED_BY: Mapping[Command, ListId] = {
    Command.OPEN_PREPARATIONS: ListId.PREPARATIONS,
    Command.OPEN_START: ListId.START,
    Command.OPEN_ENDING: ListId.ENDING,
    Command.OPEN_DOCUMENTATION: ListId.DOCUMENTATION,
}
_ANSWERS: Mapping[Command, Answer] = {
    Command.DONE: Answer.DONE,
    Command.NO: Answer.NO,
    Command.NOT_APPLICABLE: Answer.NOT_APPLICABLE,
}
MOST_NAMED = 3
"""So many open points are told by name at the end; the screen has them all while it is open."""

_NEEDS_LIST = frozenset({*_ANSWERS, Command.REPEAT, Command.SKIP, Command.BACK, Command.CLOSE_LIST})


def lists(session: Session, event: Event) -> Step | None:
    """The part of the state machine about checklists; None: not about them."""
    match event:
        case Heard() if event.command in _OPENED_BY:
            return _open(session, _OPENED_BY[event.command])
        case Heard() if event.command in _NEEDS_LIST and session.progress is None:
            return session, (Say(Phrase.NO_LIST_OPEN),)
        case Heard() if session.progress is not None:
            return _walk(session, session.progress, event.command)
        case TimerFired(Timer.ANSWER_WINDOW) if session.progress is not None:
            return _unanswered(session, session.progress)
        case _:
            return None


def _open(session: Session, wanted: ListId) -> Step | None:
    if not _in_its_place(session.visit, wanted):
        return session, (Say(Phrase.NOT_NOW),)
    progress = begin(session.rules.checklists[wanted], session.answers)
    resumed = progress.number > 1
    return _ask(session, progress, Urgency.ANSWER, numbered=resumed)


def _in_its_place(visit: Visit, wanted: ListId) -> bool:
    match wanted:
        case ListId.PREPARATIONS:
            return visit in {Visit.OUTSIDE, Visit.JOINING, Visit.LOBBY}
        case ListId.START | ListId.ENDING:
            return visit in IN_ROOM
        case ListId.DURING:
            return False
        case ListId.DOCUMENTATION:
            return visit is Visit.OUTSIDE


def _walk(session: Session, progress: Progress, command: Command) -> Step | None:
    match command:
        case Command.DONE | Command.NO | Command.NOT_APPLICABLE:
            return _answer(session, progress, _ANSWERS[command])
        case Command.REPEAT:
            again, actions = _ask(
                session, replace(progress, reminded=False), Urgency.ANSWER, numbered=True
            )
            return again, _slowly(actions)
        case Command.SKIP:
            return _ask(session, forward(progress), Urgency.ANSWER)
        case Command.BACK:
            return _ask(session, backward(progress), Urgency.ANSWER)
        case Command.CLOSE_LIST:
            closed = Say(Phrase.LIST_CLOSED, values={"open": len(progress.open_points)})
            return _close(session, closed)
        case _:
            return None


def _answer(session: Session, progress: Progress, answer: Answer) -> Step:
    point = progress.point
    if point is None or answer not in point.answers or session.window in QUESTIONS:
        return session, (Say(Phrase.NOT_NOW),)
    noted = record(progress, answer)
    answered = replace(session, answers=noted.answers, progress=noted)
    if point.choice and point.advice:
        asked, actions = _ask(answered, forward(noted), Urgency.LINE)
        return asked, (Say(point.advice), *actions)
    if point.settled(answer):
        return _ask(answered, forward(noted), Urgency.ANSWER)
    # «Nei» gets its advice; the point stays, so that «klart» can follow when it is done.
    words = Say(point.advice or Phrase.NOTED_AS_OPEN)
    waiting, actions = _listen(answered)
    return waiting, (words, *actions)


def _ask(session: Session, progress: Progress, urgency: Urgency, *, numbered: bool = False) -> Step:
    """Say the point at hand and listen for its answer; past the end, close the list.

    numbered: say «punkt 3 av 14» after it, for somebody who has lost her place.
    """
    progress, ticked = _tick(session, progress)
    point = progress.point
    if point is None:
        finished, actions = _finish(session, progress, Urgency.LINE if ticked else urgency)
        return finished, (*ticked, *actions)
    if ticked:  # What was ticked is told first, then the question.
        asked, actions = _ask(session, progress, Urgency.LINE, numbered=numbered)
        return asked, (*ticked, *actions)
    at_point = replace(session, progress=progress, answers=progress.answers)
    waiting, actions = _listen(at_point)
    if numbered:
        place = {"number": progress.number, "count": progress.count}
        actions = Say(Phrase.POINT, Urgency.LINE, place), *actions
    return waiting, (Say(_prompt(session, point), urgency), *actions)


def _tick(session: Session, progress: Progress) -> tuple[Progress, tuple[Say, ...]]:
    """Pass the points that the agent may tick by itself and knows to be well, and tell of each.

    Only where the configuration says so, and never over an answer of the nurse.
    """
    point = progress.point
    if (
        point is None
        or point.check not in session.rules.ticked
        or point.id in progress.answers
        or Answer.DONE not in point.answers
        or checked(session, point.check) is not True
    ):
        return progress, ()
    words = Say(point.prompt_good or Phrase.TICKED, Urgency.LINE)
    further, more = _tick(session, forward(record(progress, Answer.DONE)))
    return further, (words, *more)


def _listen(session: Session) -> Step:
    if session.window in QUESTIONS:
        return session, ()  # One question at a time; the list takes over when it is settled.
    listening = replace(session, window=Window.ANSWER)
    return listening, clocks(listening)


def _prompt(session: Session, point: Point) -> Sentence:
    """The question, or what the agent has found out by itself."""
    known = {True: point.prompt_good, False: point.prompt_bad, None: None}
    words = known[checked(session, point.check)] or point.prompt
    assert words is not None, "points without a prompt are passed over"
    return words


def _unanswered(session: Session, progress: Progress) -> Step:
    """Nobody answered: ask once more, then let the point rest until she asks for it."""
    if session.window is not Window.ANSWER:
        return session, ()
    if not progress.reminded:
        asked, actions = _ask(session, progress, Urgency.LINE)
        return replace(asked, progress=replace(progress, reminded=True)), actions
    return replace(session, window=Window.CLOSED), (Say(Phrase.WINDOW_CLOSED, Urgency.LINE),)


def settle(session: Session, command: Command) -> Step:
    """A command was carried out: if the open list waited for just that, go on to its next point."""
    progress = session.progress
    if progress is None:
        return session, ()
    settled = settled_by(progress, command)
    if settled is progress:
        return session, ()
    return _ask(session, settled, Urgency.LINE)


def unasked(session: Session) -> tuple[Say, ...]:
    """What should have been settled before she leaves; said while «avbryt» still brings it back."""
    points = before_leaving(session.rules.checklists.get(ListId.ENDING), session.answers)
    return tuple(Say(point.prompt, Urgency.LINE) for point in points if point.prompt)


def close_question(session: Session) -> Session:
    """Forget the open question and its short words."""
    return replace(session, window=Window.CLOSED, question=None)


def resume(session: Session) -> Step:
    """A question has been settled: listen for the answer to the list's point again, if any."""
    closed = close_question(session)
    return _listen(closed) if closed.progress is not None else (closed, ())


def _finish(session: Session, progress: Progress, urgency: Urgency) -> Step:
    left = progress.open_points
    phrase = Phrase.LIST_FINISHED_WITH_OPEN if left else Phrase.LIST_FINISHED
    values = {"open": len(left)} if left else {}
    closed, actions = _close(session, Say(phrase, urgency, values))
    return closed, (*actions, *_by_name(progress, left[:MOST_NAMED]))


def _by_name(progress: Progress, points: Iterable[Point]) -> Iterator[Say]:
    """Which ones are open: their numbers, and their questions once more, for her to remember."""
    for point in points:
        number = progress.number_of(point)
        yield Say(Phrase.POINT_STILL_OPEN, Urgency.LINE, {"number": number})
        if point.prompt:
            yield Say(point.prompt, Urgency.LINE)


def _slowly(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    return tuple(replace(a, slowly=True) if isinstance(a, Say) else a for a in actions)


def _close(session: Session, words: Say) -> Step:
    window = Window.CLOSED if session.window is Window.ANSWER else session.window
    closed = replace(session, progress=None, window=window)
    return closed, (CancelTimer(Timer.ANSWER_WINDOW), words)
