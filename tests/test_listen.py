"""`hodekamera listen`: what it tells of each utterance, and how a voice profile is made."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from agent.__main__ import main
from agent.cli.commands import ROOT
from agent.cli.enrol import chosen
from agent.cli.heard import BAR, EVERY, Screen, Summary, line
from agent.cli.listen import states
from agent.cli.sound import AFTER_S, BEFORE_S, BETWEEN_S, joined
from agent.config.content import Content, load_content
from agent.config.problems import ConfigError
from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.frames import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, AudioFrame
from agent.messages import Command
from agent.voice.base import Scores, Utterance
from agent.voice.commands import CommandPhrases, Grammar, Risk
from agent.voice.decision import Thresholds
from agent.voice.enrolment import (
    AGREE,
    ATTEMPTS,
    MARGIN,
    TAKES,
    Asked,
    Distances,
    Enrolment,
    Flaw,
    Learnt,
    LeftOut,
    News,
    Refused,
    Take,
    flaw,
    recordings,
)
from agent.voice.level import Level
from agent.voice.profile import Own, Profile, ProfileStore
from agent.voice.segmenter import SegmenterSettings
from agent.voice.trial import Sound, Trial, Tried, Why
from bench.make_sounds import write
from tests import virtual_time

SETTINGS = SegmenterSettings()
TABLE = (
    CommandPhrases(Command.START_VIDEO, Risk.GREEN, ("start video",)),
    CommandPhrases(Command.CANCEL, Risk.GREEN, ("avbryt", "avbryt det")),
)
GRAMMAR = Grammar(TABLE)
VOICE, ROOM = 5000, 3
PHRASE = [(1.0, ROOM), (0.8, VOICE), (1.0, ROOM)]


class LevelDetector:
    """Loud is speech."""

    def speech_probability(self, frame: AudioFrame) -> float:
        return 1.0 if np.abs(frame.samples.astype(int)).max() > 20 else 0.0

    def reset(self) -> None:
        pass


@dataclass
class FakeEngine:
    """Scores as it is told to, after 100 ms."""

    phrases: Mapping[str, float] = field(default_factory=lambda: {"start video": 9.0})
    garbage: float = 0.0

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        if method == "prepare":
            return None
        _, grammar = arguments
        assert isinstance(grammar, list)
        await asyncio.sleep(0.1)
        return Scores({each: self.phrases.get(each, -9.0) for each in grammar}, self.garbage)


async def frames(script: Iterable[tuple[float, int]]) -> AsyncIterator[AudioFrame]:
    """(seconds, amplitude), one after the other; a square wave of it."""
    now = 0
    for seconds, amplitude in script:
        for _ in range(round(seconds / FRAME_SECONDS)):
            await asyncio.sleep(FRAME_SECONDS)
            sound = np.tile((amplitude, -amplitude), FRAME_SAMPLES // 2).astype(np.int16)
            yield AudioFrame(sound, now)
            now += FRAME_SAMPLES


def tried(script: Sequence[tuple[float, int]], engine: FakeEngine | None = None) -> list[Tried]:
    """What is told of this sound."""
    told: list[Tried] = []
    trial = Trial(engine or FakeEngine(), GRAMMAR.phrases, GRAMMAR, told.append)

    async def run() -> None:
        with suppress(PartError):  # The sound ends.
            await trial.run(
                frames([*script, (2.0, ROOM)]), LevelDetector(), SETTINGS, Thresholds(), no_meter
            )

    virtual_time.run(run())
    return told


def no_meter(_dbfs: float, _speech: bool) -> None:
    pass


# The trial


def test_a_command_is_told_with_all_there_is_to_know() -> None:
    (told,) = tried(PHRASE, FakeEngine({"start video": 9.0, "avbryt": 2.0}))

    assert (told.why, told.best, told.other) == (None, "start video", "avbryt")
    assert told.log_odds == pytest.approx(9 - np.logaddexp.reduce([0, 2, -9]))
    assert told.seconds is not None
    assert SETTINGS.early_s <= told.seconds <= SETTINGS.hang_over_s + 0.15
    assert told.sound is not None
    assert told.sound.length_s == pytest.approx(1.1, abs=0.1)
    assert told.sound.level.dbfs == pytest.approx(20 * np.log10(VOICE / 32768), abs=0.1)
    assert told.sound.level.clipped == 0


@pytest.mark.parametrize(
    ("script", "engine", "why"),
    [
        pytest.param(PHRASE, FakeEngine({}, 9.0), Why.NO_COMMAND, id="like something else"),
        pytest.param(
            PHRASE,
            FakeEngine({"start video": 5.0, "avbryt": 4.9}),
            Why.OTHER_COMMAND,
            id="like two commands",
        ),
        pytest.param(
            [(1.0, 0), (0.8, 30), (1.0, 0)], FakeEngine({}, 9.0), Why.TOO_FAINT, id="faint"
        ),
        pytest.param(
            [(1.0, ROOM), (0.8, 32767), (1.0, ROOM)], FakeEngine({}, 9.0), Why.CLIPPED, id="clipped"
        ),
        pytest.param([(1.0, ROOM), (5.0, VOICE), (1.0, ROOM)], None, Why.TOO_LONG, id="long"),
        pytest.param([(1.0, ROOM), (0.06, VOICE), (1.0, ROOM)], None, Why.TOO_SHORT, id="short"),
        pytest.param([(0.1, ROOM), (0.8, VOICE), (1.0, ROOM)], None, Why.NOT_ISOLATED, id="joined"),
    ],
)
def test_every_rejection_has_its_reason(
    script: Sequence[tuple[float, int]], engine: FakeEngine | None, why: Why
) -> None:
    assert [each.why for each in tried(script, engine)] == [why]


def test_a_faint_or_clipped_command_that_is_understood_is_a_command() -> None:
    for amplitude in (30, 32767):
        (told,) = tried([(1.0, 0), (0.8, amplitude), (1.0, 0)])
        assert told.why is None


def test_forms_of_one_command_are_not_each_others_rivals() -> None:
    (told,) = tried(PHRASE, FakeEngine({"avbryt": 5.0, "avbryt det": 4.9}))
    assert (told.why, told.best, told.other) == (None, "avbryt", "start video")


def test_silence_is_nothing_to_tell() -> None:
    assert tried([(6.0, ROOM)]) == []
    assert tried([(6.0, 0)]) == []


# What is written


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(ROOT / "config", Settings())


@pytest.fixture(scope="module")
def words(content: Content) -> Mapping[str, str]:
    return content.pages["listen"]


SOUND = Sound(1.234, Level(-23.4, 0.0015))
HEARD = Tried(None, SOUND, "start video", "avbryt", 4.26, 0.512)


def test_a_line_says_it_all(words: Mapping[str, str]) -> None:
    assert line(HEARD, words) == (
        "HØRT     «start video»  log-odds 4,3 · deretter «avbryt» · 512 ms etter talen"
        " · 1,2 s · -23 dBFS · klippet 0,1 %"
    )
    close = replace(HEARD, why=Why.OTHER_COMMAND, seconds=None)
    assert line(close, words) == (
        "AVVIST   Ligner for mye på en annen kommando: «avbryt».  nærmest «start video»"
        " · log-odds 4,3 · 1,2 s · -23 dBFS · klippet 0,1 %"
    )
    assert line(Tried(Why.TOO_LONG), words) == (
        "AVVIST   For langt: det er lengre enn noen kommando."
    )


@pytest.mark.parametrize("why", [*Why, *Flaw])
def test_every_reason_has_words(words: Mapping[str, str], why: Why | Flaw) -> None:
    assert words[f"why_{why.value}"]
    if isinstance(why, Why):
        void = Level(-np.inf, 0.0)
        assert line(Tried(why, Sound(0.5, void), None, "avbryt"), words).startswith("AVVIST")
        assert words[f"short_{why.value}"]


def test_the_summary_counts_reasons_and_latency(words: Mapping[str, str]) -> None:
    summary = Summary()
    for seconds in (0.3, 0.4, 0.5):
        summary.add(replace(HEARD, seconds=seconds))
    for why in (Why.TOO_LONG, Why.NO_COMMAND, Why.NO_COMMAND):
        summary.add(Tried(why))

    assert list(summary.lines(words)) == [
        "Ytringer: 6. Hørt som kommando: 3. Avvist: 3.",
        "  2 ikke en kommando",
        "  1 for langt",
        "Fra talen sluttet til avgjørelsen: halvparten innen 400 ms, 95 % innen 490 ms.",
        "Ingenting er lagret.",
    ]
    assert len(list(Summary().lines(words))) == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_level_is_drawn_on_one_line_that_gives_way(words: Mapping[str, str]) -> None:
    terminal = Terminal()
    screen = Screen(terminal, words)
    for dbfs in (-np.inf, -30.0, 0.0):
        for _ in range(EVERY):
            screen.level(dbfs, speech=dbfs > -40)
    screen.say("linje")
    quiet, middle, full, _, after = terminal.getvalue().split("\r")[1:]

    assert (quiet.count("#"), middle.count("#"), full.count("#")) == (0, BAR // 2, BAR)
    assert "stille" in quiet
    assert "tale" in full
    assert after == "linje\n"


def test_where_nothing_can_be_drawn_there_is_no_level(words: Mapping[str, str]) -> None:
    page = io.StringIO()
    screen = Screen(page, words)
    for _ in range(3 * EVERY):
        screen.level(-20, speech=True)
    assert page.getvalue() == ""


# States and files


def test_a_smaller_state_has_fewer_commands(content: Content) -> None:
    found = states(Settings(), content)

    assert found["all"] == frozenset(Command)
    assert found["rest"] == {Command.WAKE, Command.END_VIDEO}
    assert Command.DONE in found["question"] - found["room"]
    assert Command.SKIP in found["question"]
    assert all(valid < found["all"] for name, valid in found.items() if name != "all")


def test_every_state_has_a_name(content: Content, words: Mapping[str, str]) -> None:
    names = {words[f"state_{name}"] for name in states(Settings(), content)}
    assert len(names) == len(states(Settings(), content))


def test_files_are_heard_one_after_the_other(tmp_path: Path) -> None:
    for name, seconds in (("a.wav", 1), ("b.wav", 2)):
        write(tmp_path / name, np.full(seconds * SAMPLE_RATE, 7, np.int16))
    heard = joined([tmp_path / "a.wav", tmp_path / "b.wav"])

    assert len(heard) == (BEFORE_S + 1 + BETWEEN_S + 2 + BETWEEN_S + AFTER_S) * SAMPLE_RATE
    assert np.count_nonzero(heard) == 3 * SAMPLE_RATE


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    for name in ("a.wav", "none.wav"):
        with pytest.raises(PartError) as raised:
            joined([tmp_path / name])
        assert raised.value.fault is Fault.SOUND_FILES_MISSING


# Enrolment: whether a recording counts

NEAR, FAR = 0.2, 0.7
TOOK = Take(np.zeros((3, 96), np.float32), 1.0)


@pytest.mark.parametrize(
    ("synthetic", "own", "takes", "why"),
    [
        pytest.param((NEAR, FAR), {}, 0, None, id="first, as espeak-ng says it"),
        pytest.param((FAR, FAR - MARGIN), {}, 0, None, id="first, said in another way"),
        pytest.param((FAR, FAR - MARGIN - 0.01), {}, 0, Flaw.OTHER_PHRASE, id="first, another"),
        pytest.param((FAR, NEAR), {"own": NEAR, "rival": FAR}, 1, None, id="like the first"),
        pytest.param((NEAR, FAR), {"own": AGREE + 0.01}, 1, Flaw.UNLIKE, id="unlike the first"),
        pytest.param(
            (NEAR, FAR), {"own": 0.4, "rival": 0.3}, 2, Flaw.OTHER_PHRASE, id="like another of hers"
        ),
    ],
)
def test_a_recording_counts_when_it_is_of_its_phrase(
    synthetic: tuple[float, float], own: Mapping[str, float], takes: int, why: Flaw | None
) -> None:
    far = Distances(dict(zip(("own", "rival"), synthetic, strict=True)), own)
    found = flaw("own", ["rival"], 1.0, [TOOK] * takes, far)
    assert found == (Refused(why, "rival" if why is Flaw.OTHER_PHRASE else None) if why else None)


@pytest.mark.parametrize(
    ("length", "counts"), [(0.4, False), (0.6, True), (1.9, True), (2.1, False)]
)
def test_a_recording_is_about_as_long_as_the_others(length: float, counts: bool) -> None:
    found = flaw("own", [], length, [TOOK], Distances({"own": FAR}, {"own": NEAR}))
    assert (found is None) is counts


# Enrolment: the whole of it


class Maker:
    """An engine for which the loudness of a recording says what it is."""

    async def call(self, limit: float, method: str, *arguments: object) -> object:
        if method == "embed":
            (utterance,) = arguments
            assert isinstance(utterance, Utterance)
            return np.full((4, 96), np.abs(utterance.samples.astype(int)).max(), np.float32)
        take, own = arguments
        assert isinstance(take, np.ndarray)
        assert isinstance(own, dict)
        loud = float(take.max())
        synthetic = {name: abs(loud - aim) / 1000 for name, aim in LOUDNESS.items()}
        near = {
            name: float(np.mean([abs(loud - each.max()) for each in takes])) / 1000
            for name, takes in own.items()
        }
        return synthetic, near


LOUDNESS = {"start video": 1000, "avbryt": 2000}


def said(*amplitudes: int) -> list[tuple[float, int]]:
    return [(0.8, ROOM), *((s, a) for each in amplitudes for s, a in ((0.6, each), (0.8, ROOM)))]


def enrolled(
    script: Sequence[tuple[float, int]], phrases: Sequence[str] = ("start video",)
) -> tuple[list[News], Profile, list[int]]:
    """What is told, the profile, and how many phrases each time it was kept."""
    news: list[News] = []
    kept: list[Profile] = []

    async def run() -> Profile:
        def rivals(phrase: str) -> list[str]:
            return [other for other in LOUDNESS if other != phrase]

        enrolment = Enrolment(Maker(), rivals, Profile("m", {}), news.append, kept.append)
        recorded = recordings(frames(script), LevelDetector(), SETTINGS, no_meter)
        await enrolment.run(recorded, phrases, date(2026, 11, 23))
        await recorded.aclose()
        return enrolment.profile

    profile = virtual_time.run(run())
    return news, profile, [len(each.phrases) for each in kept]


def test_three_recordings_make_a_phrase_and_each_phrase_is_kept_at_once() -> None:
    news, profile, kept = enrolled(
        said(1000, 1010, 990, 2000, 2010, 1990), ("start video", "avbryt")
    )

    assert [each for each in news if not isinstance(each, Asked)] == [
        Learnt("start video"),
        Learnt("avbryt"),
    ]
    assert kept == [1, 2]
    assert profile.phrases["avbryt"].made == date(2026, 11, 23)
    assert [len(own.templates) for own in profile.phrases.values()] == [TAKES, TAKES]


def test_what_does_not_count_is_asked_for_again() -> None:
    news, profile, _ = enrolled(said(2000, 1000, 1010, 2000, 990))

    assert [(each.phrase, each.number) for each in news if isinstance(each, Asked)] == [
        ("start video", number) for number in (1, 1, 2, 3, 3)
    ]
    refused = [each for each in news if isinstance(each, Refused)]
    assert refused == [Refused(Flaw.OTHER_PHRASE, "avbryt"), Refused(Flaw.UNLIKE)]
    loud = [float(each.max()) for each in profile.phrases["start video"].templates]
    assert loud == [1000, 1010, 990]


def test_two_recordings_that_disagree_are_both_forgotten() -> None:
    news, profile, _ = enrolled(said(300, 1000, 1000, 1010, 990))

    assert Refused(Flaw.UNLIKE) in news
    loud = [float(each.max()) for each in profile.phrases["start video"].templates]
    assert loud == [1000, 1010, 990]


def test_a_phrase_that_will_not_be_is_left_out() -> None:
    news, profile, kept = enrolled(
        said(*[2000] * ATTEMPTS, 2000, 2000, 2000), ("start video", "avbryt")
    )

    assert LeftOut("start video") in news
    assert set(profile.phrases) == {"avbryt"}
    assert kept == [1]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ([(0.8, 0), (0.6, 30), (0.8, 0)], Why.TOO_FAINT),
        ([(0.8, ROOM), (0.6, 32767), (0.8, ROOM)], Why.CLIPPED),
        ([(0.8, ROOM), (5.0, 1000), (0.8, ROOM)], Why.TOO_LONG),
        ([(0.8, ROOM), (0.06, 1000), (0.8, ROOM)], Why.TOO_SHORT),
        ([(0.1, ROOM), (0.6, 1000), (0.8, ROOM)], Why.NOT_ISOLATED),
    ],
)
def test_a_poor_recording_does_not_count(script: Sequence[tuple[float, int]], why: Why) -> None:
    news, profile, kept = enrolled(script)

    assert Refused(why) in news
    assert (dict(profile.phrases), kept) == ({}, [])


def test_a_microphone_that_hangs_is_told() -> None:
    async def hang() -> AsyncIterator[AudioFrame]:
        await asyncio.sleep(1000)
        yield AudioFrame(np.zeros(FRAME_SAMPLES, np.int16), 0)

    async def run() -> None:
        async for _ in recordings(hang(), LevelDetector(), SETTINGS, no_meter):
            pass

    with pytest.raises(PartError) as raised:
        virtual_time.run(run())
    assert raised.value.fault is Fault.MICROPHONE_LOST


def test_phrases_are_chosen_by_what_is_said_or_by_name(content: Content) -> None:
    grammar = Grammar(content.commands)

    assert chosen([], grammar, content) == list(dict.fromkeys(content.shown.values()))
    assert chosen(["Avslutte  video", "confirm", "bekreft"], grammar, content) == [
        "avslutte video",
        "bekreft",
    ]
    with pytest.raises(ConfigError):
        chosen(["avslutt video", "noe annet"], grammar, content)


# The command


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProfileStore:
    """This user's own folder is an empty one."""
    for variable in ("XDG_DATA_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    return ProfileStore()


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run it: its exit status, what it wrote, and what it complained about."""

    def call(*arguments: str, answer: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        status = main(["listen", *arguments])
        written = capsys.readouterr()
        return status, written.out, written.err

    return call


OWN = Own((np.ones((5, 96), np.float32),) * TAKES, date(2026, 11, 23))


def test_a_profile_is_shown_without_anything_of_the_voice(home: ProfileStore, run: Run) -> None:
    assert "ingen stemmeprofil" in run("--profile")[1]
    home.save(Profile("another model", {"avslutt video": OWN}))
    status, out, err = run("--profile")

    assert (status, err) == (0, "")
    assert "«avslutt video»: 3 maler, 2026-11-23" in out
    assert "HK-333" in out
    assert "voice.profile: false" in out


def test_a_profile_is_forgotten_even_when_it_cannot_be_read(home: ProfileStore, run: Run) -> None:
    home.save(Profile("model", {"avslutt video": OWN}))
    (home.folder / "voice-profile.key").write_bytes(b"")

    status, _, err = run("--profile")
    assert (status, err[:6]) == (2, "HK-331")
    assert "er slettet" in run("--forget")[1]
    assert list(home.folder.iterdir()) == []
    assert "ingen stemmeprofil" in run("--forget")[1]


@pytest.mark.parametrize("answer", ["", "nei\n", "\n", "jada\n"])
def test_without_consent_nothing_is_kept(home: ProfileStore, run: Run, answer: str) -> None:
    status, out, _ = run("--enrol", answer=answer)

    assert status == 1
    assert "biometriske opplysninger" in out
    assert str(home.folder) in out
    assert "Ingenting er lagret" in out
    assert not home.folder.exists()


def test_a_profile_of_another_model_is_not_written_over(home: ProfileStore, run: Run) -> None:
    home.save(Profile("another model", {"avslutt video": OWN}))
    status, _, err = run("--enrol", answer="ja\n")
    assert (status, err[:6]) == (2, "HK-333")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--state", "tull"), "HK-106 --state: «--state» kan ikke være «tull»."),
        (("--enrol", "tull"), "HK-106 --enrol: «--enrol» kan ikke være «tull»."),
        (("--file", "finnes-ikke.wav", "--set", "voice.recogniser=tull"), "HK-113"),
    ],
)
def test_nonsense_is_told(
    home: ProfileStore, run: Run, arguments: Sequence[str], expected: str
) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert err.startswith(expected)


def test_enrolling_and_being_heard_from_sound_files(home: ProfileStore, run: Run) -> None:
    """The whole chain with the real engine; three takes of one phrase, then a trial with it."""
    sounds = Path(__file__).parent / "sounds"
    files = [str(sounds / f"avslutt_video.{voice}.wav") for voice in ("f1", "f1", "f1")]
    status, out, err = run("--enrol", "end_video", "--file", *files, answer="ja\n")
    assert (status, err) == (0, "")
    assert "«avslutt video» er lagret" in out

    status, out, err = run("--state", "hvile", "--set", "voice.profile=true", "--file", files[0])
    assert (status, err) == (0, "")
    assert "Stemmeprofilen brukes for 1 fraser." in out
    assert "HØRT     «avslutt video»" in out
    assert "Ytringer: 1. Hørt som kommando: 1. Avvist: 0." in out
