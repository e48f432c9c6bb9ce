"""The state machine of a consultation: every state × command, and its promises over long runs."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent.checklist.engine import begin
from agent.checklist.model import Answer, Check, Checklist, Leader, Point
from agent.faults import Fault
from agent.messages import (
    AcceptLight,
    Action,
    ChangeLanguage,
    ChangeVolume,
    Command,
    ConnectionLost,
    Event,
    Heard,
    HeardTwice,
    HearingReady,
    Joined,
    JoinRoom,
    LeaveRoom,
    Light,
    LightChanged,
    Machine,
    MachineChanged,
    NotUnderstood,
    Part,
    PartDown,
    Participant,
    PartUp,
    Phrase,
    Picture,
    RoomChanged,
    RoomState,
    Say,
    Sentence,
    SetTimer,
    SpeechDone,
    Talked,
    Timer,
    TimerFired,
    Transmit,
    Urgency,
    VisitEnded,
    WaitingForHost,
    Zoom,
)
from agent.session import (
    Rules,
    Session,
    View,
    Visit,
    Window,
    commands_together,
    step,
    transmission,
    valid_commands,
)
from agent.session.state import SPEECH_ALLOWANCE_S


def point(name: str, **changes: object) -> Point:
    answers = frozenset({Answer.DONE, Answer.NO})
    plain = Point(name, ("1",), Leader.NURSE, name, answers, prompt=Sentence(name, name))
    return replace(plain, **changes)  # type: ignore[arg-type]  # the names are the tests' own


def checklist(name: str, *points: Point) -> Checklist:
    return Checklist(name, Sentence(name, name), points)


LOCKED = RoomState(locked=True, recording=False)
OPEN = RoomState(locked=False, recording=False)
RULES = Rules(
    checklists={
        "forberedelser": checklist(
            "forberedelser",
            point("power", advice=Sentence("lad", "lad")),
            point("screen_only", prompt=None),
            point("video", done_by=Command.START_VIDEO),
            point("reminder", answers=frozenset({Answer.DONE})),
        ),
        "oppstart": checklist(
            "oppstart",
            point(
                "locked",
                check=Check.ROOM_LOCKED,
                prompt_good=Sentence("låst", "låst"),
                prompt_bad=Sentence("ikke låst", "ikkje låst"),
            ),
        ),
        "avslutning": checklist(
            "avslutning", point("end", done_by=Command.END_VIDEO), point("clean")
        ),
        "dokumentasjon": checklist("dokumentasjon", point("write")),
    }
)
START = Session(RULES)
SILENT = Transmit(Picture.NOTHING, sound=False)


def run(session: Session, *events: Event) -> tuple[Session, list[Action]]:
    """The session after the events, and all actions on the way."""
    done: list[Action] = []
    for event in events:
        session, actions = step(session, event)
        done.extend(actions)
    return session, done


def hear(*commands: Command) -> tuple[Heard, ...]:
    return tuple(Heard(command) for command in commands)


def said(actions: Iterable[Action]) -> list[object]:
    return [action.line for action in actions if isinstance(action, Say)]


INSIDE, _ = run(START, Heard(Command.START_VIDEO), Joined(LOCKED))
STATES: dict[str, Session] = {
    "outside": START,
    "joining": run(START, *hear(Command.START_VIDEO))[0],
    "lobby": run(START, Heard(Command.START_VIDEO), WaitingForHost())[0],
    "inside": INSIDE,
    "reconnecting": run(INSIDE, ConnectionLost())[0],
    "muted": run(INSIDE, *hear(Command.MUTE))[0],
    "paused": run(INSIDE, *hear(Command.PAUSE_VIDEO))[0],
    "frozen": run(INSIDE, *hear(Command.FREEZE_PICTURE))[0],
    "list open": run(START, *hear(Command.OPEN_PREPARATIONS))[0],
    "list open inside": run(INSIDE, *hear(Command.OPEN_START))[0],
    "question open": run(INSIDE, *hear(Command.CALL_CLINIC))[0],
    "question over a list": run(START, *hear(Command.OPEN_PREPARATIONS, Command.CALL_CLINIC))[0],
    "ending": run(INSIDE, *hear(Command.END_VIDEO))[0],
    "leaving": run(INSIDE, Heard(Command.END_VIDEO), TimerFired(Timer.UNDO))[0],
    "resting": run(START, *hear(Command.REST))[0],
    "resting inside": run(INSIDE, *hear(Command.REST))[0],
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", Command)
def test_no_command_is_met_with_silence(state: str, command: Command) -> None:
    _, actions = step(STATES[state], Heard(command))

    assert said(actions)


@pytest.mark.parametrize("state", STATES)
def test_leaving_is_always_listened_for_and_always_works(state: str) -> None:
    session = STATES[state]
    assert Command.END_VIDEO in valid_commands(session)

    after, _ = run(session, Heard(Command.END_VIDEO), TimerFired(Timer.UNDO), VisitEnded())

    assert after.visit is Visit.OUTSIDE
    assert transmission(after) == replace(SILENT, zoom=after.zoom)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", Command)
def test_what_is_listened_for_is_not_refused(state: str, command: Command) -> None:
    session = STATES[state]
    if command not in valid_commands(session):
        return
    _, actions = step(session, Heard(command))
    allowed_answers = session.progress and session.progress.point
    if command is Command.NOT_APPLICABLE and allowed_answers:
        return  # The word is listened for in every answer window; not every point takes it.
    assert Phrase.NOT_NOW not in said(actions)


def test_the_consultation_of_the_procedure() -> None:
    session, actions = run(START, Heard(Command.START_VIDEO))
    assert session.visit is Visit.JOINING
    assert JoinRoom() in actions

    session, actions = run(session, WaitingForHost())
    assert said(actions) == [Phrase.ASK_TO_BE_LET_IN]
    assert transmission(session) == Transmit(Picture.WAITING_CARD, sound=False)

    session, actions = run(session, Joined(LOCKED))
    assert Transmit(Picture.LIVE, sound=True) in actions
    assert said(actions) == [Phrase.IN_LOCKED_ROOM]

    session, actions = run(session, Heard(Command.END_VIDEO))
    assert actions[0] == Transmit(Picture.ENDED_CARD, sound=False), "before anything else"
    assert LeaveRoom() not in actions

    session, actions = run(session, TimerFired(Timer.UNDO))
    assert LeaveRoom() in actions

    session, actions = run(session, VisitEnded())
    assert said(actions) == [Phrase.ENDED]
    assert session.visit is Visit.OUTSIDE


def test_cancel_brings_the_picture_back_within_the_undo_window() -> None:
    session, actions = run(STATES["ending"], Heard(Command.CANCEL))

    assert session.visit is Visit.INSIDE
    assert transmission(session) == Transmit(Picture.LIVE, sound=True)
    assert said(actions) == [Phrase.END_UNDONE]


@pytest.mark.parametrize("command", sorted(set(Command) - {Command.CANCEL}))
def test_nothing_but_cancel_undoes_the_end(command: Command) -> None:
    session, _ = step(STATES["ending"], Heard(command))

    assert transmission(session).picture in {Picture.ENDED_CARD, Picture.NOTHING}
    assert not transmission(session).sound


def test_put_back_into_the_waiting_room_while_ending_leaves_at_once() -> None:
    session, actions = run(STATES["ending"], WaitingForHost())

    assert session.visit is Visit.LEAVING
    assert LeaveRoom() in actions


def test_freeze_ends_by_itself() -> None:
    session, actions = run(INSIDE, Heard(Command.FREEZE_PICTURE))
    assert SetTimer(Timer.FREEZE_LIMIT, 30.0) in actions
    assert transmission(session).picture is Picture.FROZEN

    session, actions = run(session, TimerFired(Timer.FREEZE_LIMIT))
    assert transmission(session).picture is Picture.LIVE
    assert said(actions) == [Phrase.FREEZE_OVER]


def test_pausing_a_frozen_picture_hides_it() -> None:
    session, _ = run(STATES["frozen"], Heard(Command.PAUSE_VIDEO), TimerFired(Timer.FREEZE_LIMIT))

    assert transmission(session) == Transmit(Picture.PAUSE_CARD, sound=False)


@pytest.mark.parametrize(
    ("state", "command", "hidden"),
    [
        ("paused", Command.CONTINUE_VIDEO, Transmit(Picture.PAUSE_CARD, sound=False)),
        ("frozen", Command.CONTINUE_VIDEO, Transmit(Picture.PAUSE_CARD, sound=False)),
        ("muted", Command.UNMUTE, Transmit(Picture.LIVE, sound=False)),
    ],
)
def test_a_yellow_command_can_be_taken_back(state: str, command: Command, hidden: Transmit) -> None:
    shown, _ = run(STATES[state], Heard(command))
    assert transmission(shown) == Transmit(Picture.LIVE, sound=True)
    assert Command.CANCEL in valid_commands(shown)

    taken_back, _ = run(shown, Heard(Command.CANCEL))
    assert transmission(taken_back) == hidden

    too_late, _ = run(shown, TimerFired(Timer.UNDO), Heard(Command.CANCEL))
    assert transmission(too_late) == Transmit(Picture.LIVE, sound=True)


def test_a_pause_survives_a_lost_connection_and_the_lobby() -> None:
    session, _ = run(STATES["paused"], ConnectionLost(), WaitingForHost(), Joined(LOCKED))

    assert session.visit is Visit.INSIDE
    assert transmission(session) == Transmit(Picture.PAUSE_CARD, sound=False)


def test_live_picture_is_held_until_the_room_is_locked_when_configured() -> None:
    held = Session(replace(RULES, hold_until_locked=True))
    session, _ = run(held, Heard(Command.START_VIDEO), Joined(OPEN))
    assert transmission(session) == Transmit(Picture.WAITING_CARD, sound=True)

    session, actions = run(session, RoomChanged(LOCKED))
    assert transmission(session).picture is Picture.LIVE
    assert said(actions) == [Phrase.ROOM_LOCKED]


def test_the_room_is_told_once_and_only_what_changed() -> None:
    anna = Participant("1", "Anna")
    waiting = Participant("2", "Per", is_waiting=True)
    changed = replace(LOCKED, participants=(anna, waiting), recording=True)

    session, actions = run(INSIDE, RoomChanged(changed))
    assert said(actions) == [Phrase.RECORDING, Phrase.NEW_PARTICIPANT]

    _, actions = run(session, RoomChanged(changed))
    assert not said(actions)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Kari Lege", (Phrase.NAMED_PARTICIPANT, {"name": "Kari Lege"})),
        (" Per ", (Phrase.NAMED_PARTICIPANT, {"name": "Per"})),
        ("x" * 500, (Phrase.NAMED_PARTICIPANT, {"name": "x" * 40})),
        (" ", (Phrase.NEW_PARTICIPANT, {})),
    ],
)
def test_a_name_is_spoken_only_if_so_configured(
    name: str, expected: tuple[Phrase, dict[str, str]]
) -> None:
    room = replace(LOCKED, participants=(Participant("1", name),))
    _, quiet = run(INSIDE, RoomChanged(room))
    assert said(quiet) == [Phrase.NEW_PARTICIPANT]

    told = replace(INSIDE, rules=replace(INSIDE.rules, speak_names=True))
    (line,) = [a for a in run(told, RoomChanged(room))[1] if isinstance(a, Say)]
    assert isinstance(line, Say)
    assert (line.line, dict(line.values)) == expected


KEPT = {
    Phrase.RECORDING: replace(LOCKED, recording=True),
    Phrase.STREAMING: replace(LOCKED, streaming=True),
    Phrase.TRANSCRIBING: replace(LOCKED, transcribing=True),
}


@pytest.mark.parametrize(("phrase", "room"), KEPT.items())
def test_what_is_kept_of_the_meeting_is_told_each_in_its_own_words(
    phrase: Phrase, room: RoomState
) -> None:
    _, when_it_begins = run(INSIDE, RoomChanged(room), RoomChanged(room))
    _, on_arrival = run(STATES["joining"], Joined(room))
    _, on_return = run(STATES["reconnecting"], Joined(room))

    assert said(when_it_begins) == [phrase]
    assert said(on_arrival) == [Phrase.IN_LOCKED_ROOM, phrase]
    assert said(on_return) == [Phrase.CONNECTION_BACK, phrase]


def test_nobody_is_asked_to_lock_what_may_have_no_lock() -> None:
    session, actions = run(STATES["joining"], Joined(RoomState()))
    _, later = run(session, RoomChanged(OPEN))

    assert said(actions) == [Phrase.VIDEO_IS_ON]
    assert said(later) == [Phrase.ROOM_UNLOCKED]


def test_names_never_stand_in_a_representation() -> None:
    assert "Anna" not in repr(RoomState(participants=(Participant("1", "Anna"),)))


@pytest.mark.parametrize("state", ["paused", "frozen", "lobby", "resting inside", "outside"])
def test_light_is_not_mentioned_when_nobody_sees_the_picture(state: str) -> None:
    session, actions = run(STATES[state], LightChanged(Light.DARK))

    assert not said(actions)
    assert session.light is Light.DARK


def test_light_is_warned_about_and_told_good_again() -> None:
    _, actions = run(
        INSIDE,
        LightChanged(Light.DARK),
        TimerFired(Timer.ALERT_PAUSE),
        LightChanged(Light.DARK, repeated=True),
        Heard(Command.LIGHT_IS_FINE),
        LightChanged(Light.GOOD),
    )
    assert AcceptLight() in actions
    assert said(actions) == [
        Phrase.TOO_DARK,
        Phrase.STILL_DARK,
        Phrase.LIGHT_ACCEPTED,
        Phrase.LIGHT_GOOD_AGAIN,
    ]


def test_a_list_is_walked_by_voice() -> None:
    session, actions = run(START, Heard(Command.OPEN_PREPARATIONS))
    assert said(actions) == [Sentence("power", "power")]
    assert session.window is Window.ANSWER

    session, actions = run(session, Heard(Command.NO))
    assert said(actions) == [Sentence("lad", "lad")], "advice; the point stays"

    session, actions = run(session, Heard(Command.DONE))
    assert said(actions) == [Sentence("video", "video")], "a point without prompt is passed over"

    session, actions = run(session, Heard(Command.START_VIDEO))
    assert said(actions) == [Phrase.JOINING, Sentence("reminder", "reminder")]

    session, actions = run(session, Heard(Command.DONE))
    assert said(actions) == [Phrase.LIST_FINISHED]
    assert session.progress is None
    assert session.window is Window.CLOSED


def test_a_list_is_resumed_where_it_was_left() -> None:
    session, actions = run(
        START, *hear(Command.OPEN_PREPARATIONS, Command.DONE, Command.CLOSE_LIST)
    )
    assert Say(Phrase.LIST_CLOSED, values={"open": 2}) in actions

    _, actions = run(session, Heard(Command.OPEN_PREPARATIONS))
    assert said(actions) == [Sentence("video", "video"), Phrase.POINT]
    assert Say(Phrase.POINT, Urgency.LINE, values={"number": 2, "count": 3}) in actions


def test_an_unanswered_point_is_asked_once_more_and_then_rests() -> None:
    window = TimerFired(Timer.ANSWER_WINDOW)
    session, actions = run(STATES["list open"], window)
    assert said(actions) == [Sentence("power", "power")]

    session, actions = run(session, window)
    assert said(actions) == [Phrase.WINDOW_CLOSED]
    assert Command.DONE not in valid_commands(session)

    session, _ = run(session, Heard(Command.WAKE))
    assert Command.DONE in valid_commands(session), "«kamerahjelp» opens the window again"


def test_what_the_room_says_is_read_from_the_room() -> None:
    assert said(run(INSIDE, Heard(Command.OPEN_START))[1]) == [Sentence("låst", "låst")]
    opened, _ = run(INSIDE, RoomChanged(OPEN))
    assert said(run(opened, Heard(Command.OPEN_START))[1]) == [Sentence("ikke låst", "ikkje låst")]
    unknown, _ = run(INSIDE, RoomChanged(RoomState()))
    assert said(run(unknown, Heard(Command.OPEN_START))[1]) == [Sentence("locked", "locked")]


def test_the_ending_list_goes_on_after_the_call() -> None:
    session, _ = run(INSIDE, *hear(Command.OPEN_ENDING, Command.END_VIDEO))
    session, actions = run(session, TimerFired(Timer.UNDO), VisitEnded())

    assert said(actions) == [Phrase.ENDED, Sentence("clean", "clean")]


def test_a_question_takes_the_window_and_gives_it_back() -> None:
    session = STATES["question over a list"]
    assert Command.DONE not in valid_commands(session)

    session, actions = run(session, Heard(Command.CONFIRM))
    assert said(actions) == [Phrase.NUMBER_ON_SCREEN]
    assert session.number_shown is Command.CALL_CLINIC
    assert Command.DONE in valid_commands(session)


def test_silence_is_a_no() -> None:
    session, actions = run(STATES["question open"], TimerFired(Timer.QUESTION))

    assert said(actions) == [Phrase.NO_ANSWER]
    assert session.number_shown is None


def test_windows_are_counted_from_when_the_agent_has_stopped_talking() -> None:
    _, actions = run(INSIDE, Heard(Command.END_VIDEO))
    assert SetTimer(Timer.UNDO, RULES.undo_s + SPEECH_ALLOWANCE_S) in actions

    _, actions = run(STATES["ending"], SpeechDone())
    assert actions == [SetTimer(Timer.UNDO, RULES.undo_s)]

    _, actions = run(STATES["inside"], SpeechDone())
    assert not actions


def test_resting_listens_for_two_phrases_only() -> None:
    assert valid_commands(STATES["resting"]) == {Command.WAKE, Command.END_VIDEO}
    awake, actions = run(STATES["resting"], Heard(Command.WAKE))
    assert said(actions) == [Phrase.YES]
    assert not awake.resting


def test_short_words_are_heard_only_while_their_question_is_open() -> None:
    short = {Command.DONE, Command.NO, Command.NOT_APPLICABLE, Command.CONFIRM}
    for name in ("outside", "joining", "lobby", "inside", "muted", "paused", "frozen", "resting"):
        assert not short & valid_commands(STATES[name]), name


@pytest.mark.parametrize("fault", [Fault.PIN_WRONG, Fault.NOT_LET_IN, Fault.REMOVED])
def test_a_visit_that_fails_says_why(fault: Fault) -> None:
    session, actions = run(STATES["lobby"], VisitEnded(fault))

    assert session.visit is Visit.OUTSIDE
    assert said(actions) == [fault]


def test_a_part_that_fails_is_told_and_told_back() -> None:
    session, actions = run(INSIDE, PartDown(Part.CAMERA, Fault.CAMERA_LOST), PartUp(Part.CAMERA))

    assert said(actions) == [Fault.CAMERA_LOST, Phrase.PART_BACK]
    assert not session.down


@settings(deadline=None)
@given(st.lists(st.deferred(lambda: EVENTS), max_size=40))
def test_what_can_be_valid_together_is_known_to_the_collision_check(events: list[Event]) -> None:
    session, _ = run(START, *events)

    assert any(valid_commands(session) <= together for together in commands_together())


def test_the_agent_says_when_it_can_hear() -> None:
    assert said(run(START, HearingReady())[1]) == [Phrase.READY]


def test_small_answers() -> None:
    _, actions = run(
        INSIDE, *hear(Command.LOUDER, Command.QUIETER, Command.ZOOM_MAX, Command.STATUS)
    )
    assert ChangeVolume(+1) in actions
    assert ChangeVolume(-1) in actions
    assert Transmit(Picture.LIVE, sound=True, zoom=Zoom.MAX) in actions


@pytest.mark.parametrize(
    ("command", "form"), [(Command.SPEAK_NYNORSK, "nn"), (Command.SPEAK_BOKMAAL, "nb")]
)
def test_the_written_form_changes_before_it_is_told_in_the_new_one(
    command: Command, form: str
) -> None:
    assert run(START, Heard(command))[1] == [ChangeLanguage(form), Say(Phrase.LANGUAGE_CHANGED)]


def test_answers_to_a_list_are_kept_when_it_is_reopened() -> None:
    done = begin(RULES.checklists["forberedelser"], {"power": Answer.DONE})
    assert done.point is not None
    assert done.point.id == "video"


EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.sampled_from(Command).map(Heard),
    st.sampled_from(Timer).map(TimerFired),
    st.sampled_from(
        [
            WaitingForHost(),
            ConnectionLost(),
            Joined(LOCKED),
            Joined(OPEN),
            RoomChanged(LOCKED),
            RoomChanged(OPEN),
            RoomChanged(replace(LOCKED, recording=True)),
            VisitEnded(),
            VisitEnded(Fault.REMOVED),
            LightChanged(Light.DARK),
            LightChanged(Light.GOOD),
            HearingReady(),
            NotUnderstood(1),
            NotUnderstood(2),
            SpeechDone(),
            PartDown(Part.CAMERA, Fault.CAMERA_LOST),
            PartUp(Part.CAMERA),
            MachineChanged(Machine(battery=15, charging=False)),
            MachineChanged(Machine(battery=5, charging=False)),
            MachineChanged(Machine(battery=5, charging=True)),
            Talked(),
            HeardTwice(),
        ]
    ),
)


class Consultation(RuleBasedStateMachine):
    """A nurse, a room and clocks that do anything in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.session = START
        self.ended = False
        """«Avslutt video» was said and nothing has asked for the picture since."""

    @rule(event=EVENTS)
    def something_happens(self, event: Event) -> None:
        before = self.session
        self.session, actions = step(before, event)
        if isinstance(event, Heard):
            assert said(actions), "a recognised command is always answered"
            if event.command is Command.END_VIDEO:
                self.ended = True
            elif event.command in {Command.START_VIDEO, Command.CANCEL}:
                self.ended = False
        changed = transmission(before) != transmission(self.session)
        assert [a for a in actions if isinstance(a, Transmit)] == (
            [transmission(self.session)] if changed else []
        )
        self._questions(before, actions)

    def _questions(self, before: Session, actions: Iterable[Action]) -> None:
        opened = [line for line in said(actions) if line in ASKING]
        assert len(opened) <= 1
        if opened:
            assert self.session.window is Window.CONFIRM

    @invariant()
    def nothing_leaves_after_the_end(self) -> None:
        if self.ended:
            sent = transmission(self.session)
            assert sent.picture in {Picture.NOTHING, Picture.ENDED_CARD}
            assert not sent.sound

    @invariant()
    def paused_means_neither_picture_nor_sound(self) -> None:
        if self.session.view is View.PAUSED:
            sent = transmission(self.session)
            assert sent.picture not in {Picture.LIVE, Picture.FROZEN}
            assert not sent.sound

    @invariant()
    def leaving_is_possible(self) -> None:
        assert Command.END_VIDEO in valid_commands(self.session)

    @invariant()
    def one_question_at_a_time(self) -> None:
        assert (self.session.window is Window.CONFIRM) == (self.session.question is not None)

    @invariant()
    def outside_is_silent(self) -> None:
        if self.session.visit not in {Visit.INSIDE, Visit.RECONNECTING}:
            sent = transmission(self.session)
            assert sent.picture not in {Picture.LIVE, Picture.FROZEN}
            assert not sent.sound


ASKING = {Phrase.ASK_CALL_CLINIC, Phrase.ASK_CALL_SUPERUSER, Phrase.ASK_CALL_SUPPORT}
Consultation.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestConsultation: Callable[..., object] = Consultation.TestCase


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_leaving_works_after_anything(events: list[Event]) -> None:
    session, _ = run(START, *events)

    session, _ = run(session, Heard(Command.END_VIDEO), TimerFired(Timer.UNDO), VisitEnded())

    assert session.visit is Visit.OUTSIDE


def test_two_tries_in_vain_are_answered_once() -> None:
    session, actions = run(INSIDE, NotUnderstood(1))
    assert not said(actions)

    session, actions = run(session, NotUnderstood(2), NotUnderstood(3), NotUnderstood(2))
    assert said(actions) == [Phrase.NOT_UNDERSTOOD]


@pytest.mark.parametrize("state", ["outside", "inside", "list open"])
def test_avbryt_with_nothing_to_undo_makes_the_agent_be_quiet(state: str) -> None:
    """It is listened for while the agent speaks."""
    session, actions = run(STATES[state], Heard(Command.CANCEL))

    assert actions == [Say(Phrase.OK, Urgency.ANSWER)]
    assert session == STATES[state]


def test_who_talks_while_muted_is_told_so_once() -> None:
    muted, _ = run(INSIDE, Heard(Command.MUTE))

    _, actions = run(muted, Talked(), Talked(), Talked())

    assert said(actions) == [Phrase.TALKING_MUTED]
    assert Say(Phrase.TALKING_MUTED, Urgency.ADVICE) in actions


@pytest.mark.parametrize(
    "before",
    [
        [],
        [Heard(Command.MUTE), Heard(Command.UNMUTE)],
        [Heard(Command.MUTE), Heard(Command.PAUSE_VIDEO)],
        [Heard(Command.MUTE), Heard(Command.REST)],
        [Heard(Command.MUTE), Heard(Command.END_VIDEO)],
    ],
)
def test_talk_that_the_room_hears_or_is_not_meant_to_hear_is_no_matter(before: list[Event]) -> None:
    session, _ = run(INSIDE, *before)

    assert not said(run(session, Talked())[1])


def test_a_second_device_that_plays_the_meeting_is_told_inside_it() -> None:
    _, actions = run(INSIDE, HeardTwice())
    assert Say(Phrase.ECHO, Urgency.ADVICE) in actions

    assert not said(run(START, HeardTwice())[1])
    assert not said(run(STATES["resting inside"], HeardTwice())[1])


@pytest.mark.parametrize("again", [Heard(Command.STATUS), TimerFired(Timer.HINT_PAUSE)])
def test_help_is_offered_again_when_something_was_understood_or_a_long_time_has_passed(
    again: Event,
) -> None:
    session, _ = run(INSIDE, NotUnderstood(2), again)

    assert said(run(session, NotUnderstood(2))[1]) == [Phrase.NOT_UNDERSTOOD]


@pytest.mark.parametrize("state", ["resting", "resting inside", "ending"])
def test_at_rest_and_while_the_end_can_be_undone_no_help_is_offered(state: str) -> None:
    assert not said(run(STATES[state], NotUnderstood(2))[1])


def test_help_never_interrupts() -> None:
    _, actions = run(INSIDE, NotUnderstood(2))

    assert Say(Phrase.NOT_UNDERSTOOD, Urgency.WARNING) in actions


@pytest.mark.parametrize("state", ["outside", "inside", "list open", "question open", "resting"])
def test_kamerahjelp_is_heeded_for_a_while_whatever_is_open(state: str) -> None:
    called, actions = run(STATES[state], Heard(Command.WAKE))
    allowed = RULES.wake_window_s + SPEECH_ALLOWANCE_S
    assert called.called
    assert SetTimer(Timer.WAKE_WINDOW, allowed) in actions
    assert called.window is STATES[state].window

    assert not run(called, Heard(Command.STATUS))[0].called
    assert not run(called, TimerFired(Timer.WAKE_WINDOW))[0].called


def test_a_photo_is_listened_for_only_after_kamerahjelp() -> None:
    called, _ = run(INSIDE, Heard(Command.WAKE))

    assert Command.TAKE_PHOTO not in valid_commands(INSIDE)
    assert Command.TAKE_PHOTO in valid_commands(called)


SHORT_WORDS = {
    Command.DONE: Window.ANSWER,
    Command.NO: Window.ANSWER,
    Command.NOT_APPLICABLE: Window.ANSWER,
    Command.CONFIRM: Window.CONFIRM,
}


@settings(deadline=None)
@given(st.lists(st.deferred(lambda: EVENTS), max_size=40))
def test_after_anything_short_words_are_heard_only_while_their_question_is_open(
    events: list[Event],
) -> None:
    session, _ = run(START, *events)

    for word in valid_commands(session) & set(SHORT_WORDS):
        assert session.window is SHORT_WORDS[word]


@settings(deadline=None)
@given(st.lists(st.deferred(lambda: EVENTS), max_size=40))
def test_whoever_was_called_has_a_clock_that_ends_it(events: list[Event]) -> None:
    running = False
    session = START
    for event in events:
        session, actions = step(session, event)
        running = running and event != TimerFired(Timer.WAKE_WINDOW)
        running = running or any(
            isinstance(action, SetTimer) and action.timer is Timer.WAKE_WINDOW for action in actions
        )
        assert running or not session.called
