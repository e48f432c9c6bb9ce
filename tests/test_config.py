"""Settings: layers, where every value comes from, and every error with file, line and key."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from agent.config import strict_yaml
from agent.config.loading import COMMAND_LINE, Loaded, load_settings, pin
from agent.config.problems import ConfigError, Place, Problem
from agent.config.settings import Settings
from agent.config.texts import load_words
from agent.config.unfinished import unfinished
from agent.faults import Fault
from agent.hearing import segmenter_settings, thresholds
from agent.voice.decision import Thresholds
from agent.voice.segmenter import SegmenterSettings

CONFIG = Path(__file__).parent.parent / "config"


def load(folder: Path, *layers: str, overrides: tuple[str, ...] = ()) -> Loaded:
    """Load layers given as text; they are called 0.yaml, 1.yaml, ..."""
    files = [folder / f"{number}.yaml" for number in range(len(layers))]
    for file, text in zip(files, layers, strict=True):
        file.write_text(text, encoding="utf-8")
    return load_settings(files, overrides)


def problems(folder: Path, *layers: str, overrides: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(folder, *layers, overrides=overrides)
    return caught.value.problems


BAD = [
    # The issue's own list
    ("language: no", Fault.VALUE_INVALID, 1, "language"),
    ("camera:\n  widht: 640", Fault.KEY_UNKNOWN, 2, "camera.widht"),
    ("kamera: {}", Fault.KEY_UNKNOWN, 1, "kamera"),
    # The file
    ("camera:\n  width: [1", Fault.YAML_INVALID, 2, None),
    ("- a list", Fault.YAML_INVALID, 1, None),
    ("only words", Fault.YAML_INVALID, 1, None),
    ("camera:\n  rate: 15\ncamera:\n  rate: 10", Fault.KEY_DUPLICATE, 3, "camera"),
    ("camera: &c {}\nlight: *c", Fault.YAML_INVALID, 1, None),
    ("schema: 2", Fault.VALUE_INVALID, 1, "schema"),
    ("schema_: 1", Fault.KEY_UNKNOWN, 1, "schema_"),
    # Values
    ("camera: 5", Fault.VALUE_INVALID, 1, "camera"),
    ("camera: [opencv]", Fault.VALUE_INVALID, 1, "camera"),
    ("camera:\n  rate: 1000", Fault.VALUE_INVALID, 2, "camera.rate"),
    ("camera:\n  rate: 15.5", Fault.VALUE_INVALID, 2, "camera.rate"),
    ("camera:\n  rate: fast", Fault.VALUE_INVALID, 2, "camera.rate"),
    ('camera:\n  rate: "15"', Fault.VALUE_INVALID, 2, "camera.rate"),
    ("camera:\n  names: Jabra", Fault.VALUE_INVALID, 2, "camera.names"),
    ("camera:\n  names: [Jabra, [x]]", Fault.VALUE_INVALID, 2, "camera.names.1"),
    ("status: {port: true}", Fault.VALUE_INVALID, 1, "status.port"),
    ("status: {port: 70000}", Fault.VALUE_INVALID, 1, "status.port"),
    ("light: {window_s: 0}", Fault.VALUE_INVALID, 1, "light.window_s"),
    ("light: {window_s: 2,5}", Fault.KEY_UNKNOWN, 1, "light.5"),
    ("consultation:\n  undo_s: 1e3", Fault.VALUE_INVALID, 2, "consultation.undo_s"),
    ("meeting: {announce_newcomers: no}", Fault.VALUE_INVALID, 1, "meeting.announce_newcomers"),
    ("meeting: {require_locked: yes}", Fault.VALUE_INVALID, 1, "meeting.require_locked"),
    ("meeting: {display_name: ''}", Fault.VALUE_INVALID, 1, "meeting.display_name"),
    ("site: {epj: dips}", Fault.VALUE_INVALID, 1, "site.epj"),
    ("voice: {draft_s: 0.05}", Fault.VALUE_INVALID, 1, "voice.draft_s"),
    ("voice: {early_s: 3.0}", Fault.VALUE_INVALID, 1, "voice.early_s"),
    ("voice: {threshold_red: -0.5}", Fault.VALUE_INVALID, 1, "voice.threshold_red"),
    ("voice: {threshold_green: .nan}", Fault.VALUE_INVALID, 1, "voice.threshold_green"),
    ("voice:\n  threshold_green: 2.0", Fault.VALUE_INVALID, 1, "voice"),
    ("meeting: {service: whip, require_locked: hold}", Fault.VALUE_INVALID, 1, "meeting"),
    # The address
    ("meeting:\n  server: https://evil.example", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: http://join.nhn.no", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: https://join.nhn.no.evil.example", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: https://join.nhn.no@evil.example", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: https://me:secret@join.nhn.no", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: https://join.nhn.no:x", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: https://[join", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: ftp://join.nhn.no", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: join.nhn.no", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  server: ''", Fault.HOST_NOT_ALLOWED, 2, None),
    ("meeting:\n  allowed_hosts: []", Fault.HOST_NOT_ALLOWED, 1, None),
    # Secrets
    ("meeting:\n  pin_env: HK_NOT_THERE", Fault.SECRET_MISSING, 2, "HK_NOT_THERE"),
    ("meeting:\n  pin_env: 1234", Fault.VALUE_INVALID, 2, "meeting.pin_env"),
]


@pytest.mark.parametrize(("text", "fault", "line", "key"), BAD)
def test_bad_input_is_told_with_file_line_and_key(
    tmp_path: Path, text: str, fault: Fault, line: int, key: str | None
) -> None:
    found = problems(tmp_path, text)[0]

    assert (found.fault, found.place) == (fault, Place("0.yaml", line))
    assert found.values.get("key") == key


def test_what_is_wrong_and_what_would_fit_is_told(tmp_path: Path) -> None:
    text = "language: no\ncamera: {rate: 1000}\nmeeting: {announce_newcomers: maybe}"

    told = {(found.values["value"], found.values["expected"]) for found in problems(tmp_path, text)}

    assert told == {("no", "nb | nn"), ("1000", "≤ 60"), ("maybe", "true | false")}


def test_a_pydantic_sentence_or_code_never_reaches_a_person(tmp_path: Path) -> None:
    for text, fault, _, _ in BAD:
        if fault is Fault.VALUE_INVALID:
            shown = str(problems(tmp_path, text)[0].values)
            assert "Input" not in shown
            assert "_type" not in shown


def test_all_problems_of_all_layers_are_told_at_once(tmp_path: Path) -> None:
    municipality = "language: no\ncamera:\n  rate: 1000\n  zoom: 3\n"
    device = "meeting:\n  server: https://evil.example\n  pin_env: HK_NOT_THERE\nx: 1\n"

    overrides = "status.port=-1", "nothing"

    found = problems(tmp_path, municipality, "a: [", device, overrides=overrides)

    assert {(one.fault, one.place.file, one.place.line) for one in found} == {
        (Fault.VALUE_INVALID, "0.yaml", 1),
        (Fault.VALUE_INVALID, "0.yaml", 3),
        (Fault.KEY_UNKNOWN, "0.yaml", 4),
        (Fault.YAML_INVALID, "1.yaml", 1),
        (Fault.HOST_NOT_ALLOWED, "2.yaml", 2),
        (Fault.SECRET_MISSING, "2.yaml", 3),
        (Fault.KEY_UNKNOWN, "2.yaml", 4),
        (Fault.VALUE_INVALID, COMMAND_LINE, 0),
    }
    assert len(found) == 9  # Two on the command line.


def test_a_missing_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text("language: no", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_settings([tmp_path / "gone.yaml", tmp_path / "1.yaml"])

    assert [(one.fault, one.place.file) for one in caught.value.problems] == [
        (Fault.FILE_UNREADABLE, "gone.yaml"),
        (Fault.VALUE_INVALID, "1.yaml"),
    ]


def test_later_layers_go_over_earlier_ones_and_the_command_line_over_all(tmp_path: Path) -> None:
    general = "language: nn\ncamera:\n  rate: 10\n  width: 640\n  names: [a, b]\n"
    device = "camera:\n  rate: 15\n  names: [c]\nmicrophone:\n"

    loaded = load(tmp_path, general, device, overrides=("camera.rate=20", "light={settle_s: 1}"))

    camera = loaded.settings.camera
    assert loaded.settings.language == "nn"
    assert (camera.rate, camera.width, camera.height, camera.names) == (20, 640, 1080, ("c",))
    assert loaded.settings.light.settle_s == 1.0
    assert loaded.origin("language") == Place("0.yaml", 1)
    assert loaded.origin("camera", "rate") == Place(COMMAND_LINE)
    assert loaded.origin("camera", "width") == Place("0.yaml", 4)
    assert loaded.origin("camera", "names") == Place("1.yaml", 3)
    assert loaded.origin("camera", "height") is None
    assert loaded.origin("light", "settle_s") == Place(COMMAND_LINE)


def test_a_section_with_nothing_in_it_changes_nothing(tmp_path: Path) -> None:
    loaded = load(tmp_path, "camera: {rate: 10}\nsite:\n", "camera:\n  # rate: 15\n")

    assert loaded.settings.camera.rate == 10
    assert loaded.settings.site == Settings().site


def test_null_takes_a_value_back(tmp_path: Path) -> None:
    loaded = load(tmp_path, "meeting: {pin_env: HK_NOT_THERE}", "meeting: {pin_env: null}")

    assert loaded.settings.meeting.pin_env is None


def test_numbers_may_stand_without_quotation_marks_where_text_is_meant(tmp_path: Path) -> None:
    loaded = load(tmp_path, "meeting: {room: 998112}\nphones: {clinic: 32725812}")

    assert loaded.settings.meeting.room == "998112"
    assert loaded.settings.phones.clinic == "32725812"


@pytest.mark.parametrize(
    "server",
    [
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:9",
        "https://127.0.0.1",
        "https://join.nhn.no",
        "https://JOIN.nhn.no/",
        "https://join.nhn.no:443",
    ],
)
def test_the_agent_talks_to_allowed_hosts_and_to_this_machine(tmp_path: Path, server: str) -> None:
    loaded = load(tmp_path, f'meeting: {{server: "{server}"}}')

    assert loaded.settings.meeting.server == server


def test_the_pin_comes_from_the_environment_and_is_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HK_PIN", "975310")
    text = "meeting: {pin_env: HK_PIN, room: '4711'}\npractice: {host_pin: '8642'}"

    loaded = load(tmp_path, text)

    assert pin(loaded.settings) == "975310"
    assert not any(secret in repr(loaded) for secret in ("975310", "4711", "8642"))
    assert pin(Settings()) is None


@pytest.mark.parametrize(
    "text",
    [
        "meeting: {room: [97531]}",
        "meeting: {pin_env: 97531}",
        "meeting: [97531]",
        "practice: {host_pin: [97531]}",
        "meeting: {server: 'https://me:97531@join.nhn.no'}",
    ],
)
def test_a_problem_shows_no_secret(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)

    assert "97531" not in f"{caught.value} {caught.value.problems}"


# The file that says it all


def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Path -> value of every setting; lists and tuples are one value."""
    if not isinstance(value, dict):
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        return {path: list(plain) if isinstance(plain, tuple) else plain}
    return {
        name: leaf
        for key, inner in value.items()
        for name, leaf in leaves(inner, (*path, key)).items()
    }


def test_agent_yaml_names_every_setting_with_its_default_and_nothing_else() -> None:
    written, _ = strict_yaml.read(CONFIG / "agent.yaml")

    assert leaves(written) == leaves(Settings().model_dump(by_alias=True))


def test_agent_yaml_has_a_word_about_every_setting() -> None:
    lines = (CONFIG / "agent.yaml").read_text(encoding="utf-8").splitlines()
    written, positions = strict_yaml.read(CONFIG / "agent.yaml")

    bare = [path for path in leaves(written) if "#" not in lines[positions[path].line - 1]]

    assert bare == [("schema",)]


def test_agent_yaml_is_valid() -> None:
    assert load_settings([CONFIG / "agent.yaml"]).settings == Settings()


def test_what_is_probably_forgotten_is_told_in_words(tmp_path: Path) -> None:
    filled = "meeting: {room: '1'}\nphones: {superuser: 22 33 44 55}"
    words = load_words(CONFIG / "pages" / "cli.yaml")

    told = list(unfinished(load_settings([CONFIG / "agent.yaml"]), date(2024, 1, 1)))

    assert {(one.word, one.values.get("key")) for one in told} == {
        ("warn_placeholder", "phones.superuser"),
        ("warn_room", "meeting.room"),
        ("warn_review", None),
    }
    lines = (CONFIG / "agent.yaml").read_text(encoding="utf-8").splitlines()
    for one in told:
        key = one.values.get("key", "site.review_by")
        assert f"{key.rpartition('.')[2]}:" in lines[one.place.line - 1]
        assert one.word in words
    assert not list(unfinished(load(tmp_path, filled), date(2023, 12, 31)))


@pytest.mark.parametrize(
    "number", ["3272581", "32 72 58 123", "nitti", "1234", "+46 12 34 56 78 90"]
)
def test_a_telephone_number_of_the_wrong_length_is_named(tmp_path: Path, number: str) -> None:
    (problem,) = problems(tmp_path, f'phones:\n  clinic: "{number}"')
    assert (problem.fault, problem.place.line) == (Fault.VALUE_INVALID, 2)
    assert problem.values["expected"] == "12 34 56 78 | 02017"


@pytest.mark.parametrize("number", ["32725812", "32 72 58 12", "+47 32725812", "02017", "xxx", ""])
def test_a_telephone_number_may_be_written_as_people_do(tmp_path: Path, number: str) -> None:
    assert load(tmp_path, f'phones: {{clinic: "{number}"}}').settings.phones.clinic == number


@given(st.lists(st.text("abcdefghij_.={}[]:- 0123456789"), max_size=3))
def test_whatever_is_given_on_the_command_line_it_is_taken_or_refused(texts: list[str]) -> None:
    found: tuple[Problem, ...] = ()
    try:
        load_settings([], texts)
    except ConfigError as error:
        found = error.problems

    assert {problem.place.file for problem in found} <= {COMMAND_LINE}


def test_what_is_out_of_order_is_told_as_the_order_it_should_have(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "voice: {threshold_yellow: 4.0}")
    assert problem.values["expected"] == "threshold_green ≤ threshold_yellow ≤ threshold_red"


def test_the_settings_of_hearing_are_those_of_its_bricks(tmp_path: Path) -> None:
    """Nothing that was measured is changed by the file's silence; what it says is used."""
    assert thresholds(Settings()) == Thresholds()
    assert segmenter_settings(Settings()) == SegmenterSettings()
    voice = "voice: {draft_s: 0.2, early_s: 0.3, threshold_yellow: 1.5, threshold_red: 4.0}"
    changed = load(tmp_path, voice).settings
    assert thresholds(changed) == Thresholds(yellow=1.5, red=4.0)
    assert segmenter_settings(changed) == SegmenterSettings(draft_s=0.2, early_s=0.3)
