"""What a model's manifest may say, and what its files are held against."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import strict_yaml
from agent.faults import Fault, PartError
from agent.models import choice
from agent.models.manifest import find_model, model_names, read_manifest
from agent.models.pins import SUMS, checked, pinned, read_pins, unpinned, write_pin
from agent.models.state import State, states, summary

MODELS = Path(__file__).resolve().parent.parent / "models"
CONTENT = b"numbers" * 100
SUM = hashlib.sha256(CONTENT).hexdigest()
ENTRY = f"{{name: a.bin, bytes: {len(CONTENT)}, sha256: {SUM}}}"


def write(folder: Path, *entries: str, head: str = "licence: MIT\n") -> Path:
    folder.mkdir(exist_ok=True)
    text = f"schema: 1\nname: {folder.name}\n{head}files:\n"
    text += "".join(f"  - {entry}\n" for entry in entries)
    (folder / "model.yaml").write_text(text, "utf-8")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write(tmp_path / "model", ENTRY)


# The manifests that ship


@pytest.mark.parametrize("name", model_names(MODELS))
def test_every_manifest_that_ships_is_in_order(name: str) -> None:
    manifest = find_model(MODELS, name)

    for file in manifest.files:
        assert file.sources or (MODELS / name / file.name).is_file(), "nowhere to be had"


@pytest.mark.parametrize("size", ["tiny", "base", "small"])
def test_a_sum_that_we_could_not_know_is_not_made_up(size: str) -> None:
    manifest = find_model(MODELS, f"nb-whisper-{size}")

    assert [file.name for file in unpinned(manifest)] == ["model.safetensors"]
    assert manifest.licence == "Apache-2.0"


def test_whisper_base_has_a_second_source() -> None:
    model, tokens = find_model(MODELS, "whisper-base").files

    assert model.bytes == 145217532
    assert model.sha256 == "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
    assert len(model.sources) == len(tokens.sources) == 2


# What a manifest may say


@pytest.mark.parametrize(
    ("entry", "line", "key"),
    [
        ("{name: ../a.bin, bytes: 3, sha256: %s}", 5, "files.0.name"),
        ("{name: /a.bin, bytes: 3, sha256: %s}", 5, "files.0.name"),
        ("{name: .a, bytes: 3, sha256: %s}", 5, "files.0.name"),
        ("{name: a//b, bytes: 3, sha256: %s}", 5, "files.0.name"),
        ("{name: a.bin, bytes: -3, sha256: %s}", 5, "files.0.bytes"),
        ("{name: a.bin, bytes: 3, sha256: abc}", 5, "files.0.sha256"),
        ("{name: a.bin, bytes: 3}", 5, "files.0"),
        ("{name: a.bin, sha256: %s}", 5, "files.0"),
        ("{name: a.bin, bytes: 3, sha256: %s, size: 3}", 5, "files.0.size"),
        ("{name: a.bin, at_most: 3, sources: [{address: 'http://a.example/x'}]}", 5, None),
        ("{name: a.bin, at_most: 3, sources: [{address: 'file:///etc/passwd'}]}", 5, None),
        ("{name: a.bin, at_most: 3, sources: [{}]}", 5, "files.0.sources.0"),
        (
            "{name: a.bin, at_most: 3, sources: [{parts: [{package: '-r', version: 1.0.0}]}]}",
            5,
            None,
        ),
        (f"{ENTRY}\n  - {ENTRY}", 1, ""),
    ],
)
def test_a_manifest_that_is_wrong_is_told_with_its_line(
    tmp_path: Path, entry: str, line: int, key: str | None
) -> None:
    folder = write(tmp_path / "model", entry.replace("%s", SUM))

    with pytest.raises(PartError) as caught:
        read_manifest(folder)

    assert caught.value.fault is Fault.MANIFEST_INVALID
    assert caught.value.values["line"] in (line, 0 if line == 1 else line)
    assert key is None or caught.value.values["key"] == key


@pytest.mark.parametrize("text", ["", "[", "- a", "schema: 2\nname: model\nfiles: []\n"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.yaml").write_text(text, "utf-8")

    with pytest.raises(PartError) as caught:
        read_manifest(tmp_path / "model")

    assert caught.value.fault is Fault.MANIFEST_INVALID


def test_a_manifest_stands_in_the_folder_of_its_name(model: Path) -> None:
    moved = model.rename(model.with_name("other"))

    with pytest.raises(PartError) as caught:
        read_manifest(moved)

    assert (caught.value.values["key"], caught.value.values["line"]) == ("name", 2)


def test_one_file_may_stand_at_the_top(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    text = f"schema: 1\nname: model\nfile: a.onnx\nbytes: 7\nsha256: {SUM}\nwhat: numbers\n"
    (folder / "model.yaml").write_text(text, "utf-8")

    (file,) = read_manifest(folder).files

    assert (file.name, file.bytes, file.sha256, file.sources) == ("a.onnx", 7, SUM, ())


@pytest.mark.parametrize("name", ["", "..", "model/../model", "nothing"])
def test_only_models_that_have_a_manifest_are_known(model: Path, name: str) -> None:
    with pytest.raises(PartError) as caught:
        find_model(model.parent, name)

    assert caught.value.fault is Fault.MODEL_UNKNOWN
    assert caught.value.values["choices"] == "model"


# What the files are held against


@pytest.mark.parametrize(
    ("content", "quick", "thorough"),
    [
        (CONTENT, State.GOOD, State.GOOD),
        (CONTENT[:-1] + b"x", State.GOOD, State.WRONG),
        (CONTENT[:-1], State.WRONG, State.WRONG),
        (CONTENT + b"x", State.WRONG, State.WRONG),
        (b"", State.WRONG, State.WRONG),
        (None, State.MISSING, State.MISSING),
    ],
)
def test_a_file_is_good_missing_or_wrong(
    model: Path, content: bytes | None, quick: State, thorough: State
) -> None:
    if content is not None:
        (model / "a.bin").write_bytes(content)
    manifest = read_manifest(model)

    assert summary(list(states(manifest, model, sums=False))) is quick
    assert summary(list(states(manifest, model, sums=True))) is thorough


def test_a_file_that_is_not_pinned_is_held_against_the_administrators_sum(tmp_path: Path) -> None:
    folder = write(tmp_path / "model", f"{{name: a.bin, at_most: {len(CONTENT)}}}")
    manifest, file = read_manifest(folder), folder / "a.bin"
    file.write_bytes(CONTENT)
    assert summary(list(states(manifest, folder, sums=True))) is State.UNPINNED

    write_pin(folder, "a.bin", SUM)

    assert pinned(manifest.files[0], folder) == SUM
    assert summary(list(states(manifest, folder, sums=True))) is State.GOOD
    file.write_bytes(b"other")
    assert summary(list(states(manifest, folder, sums=True))) is State.WRONG
    file.write_bytes(CONTENT + b"x")
    assert summary(list(states(manifest, folder, sums=False))) is State.WRONG


def test_the_manifests_sum_counts_and_not_the_list(model: Path) -> None:
    write_pin(model, "a.bin", "0" * 64)

    assert pinned(read_manifest(model).files[0], model) == SUM


def test_the_list_is_as_sha256sum_writes_it(tmp_path: Path) -> None:
    write_pin(tmp_path, "b", SUM)
    write_pin(tmp_path, "a", "0" * 64)
    write_pin(tmp_path, "b", "1" * 64)

    assert (tmp_path / SUMS).read_text("utf-8") == f"{'0' * 64}  a\n{'1' * 64}  b\n"
    assert read_pins(tmp_path) == {"a": "0" * 64, "b": "1" * 64}


@given(st.binary(max_size=200))
def test_any_list_can_be_read(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    folder = tmp_path_factory.mktemp("model")
    (folder / SUMS).write_bytes(text)

    assert read_pins(folder) == {}


def test_a_file_without_a_sum_must_still_have_a_possible_size(tmp_path: Path) -> None:
    folder = write(tmp_path / "model", "{name: a.bin, at_most: 5}")
    file = folder / "a.bin"
    file.write_bytes(b"12345")
    entry = read_manifest(folder).files[0]

    assert checked(file, entry, None) == hashlib.sha256(b"12345").hexdigest()
    file.write_bytes(b"123456")
    with pytest.raises(PartError) as caught:
        checked(file, entry, None)
    assert caught.value.fault is Fault.MODEL_FILE_SIZE


# The choice of a model in a settings file

VALUES = {"recogniser": "whisper", "model": "whisper-base"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "voice:\n  recogniser: whisper\n  model: whisper-base\n"),
        (
            "# vår fil\nschema: 1  # alltid\n",
            "# vår fil\nschema: 1  # alltid\n"
            "voice:\n  recogniser: whisper\n  model: whisper-base\n",
        ),
        (
            "language: nn",
            "language: nn\nvoice:\n  recogniser: whisper\n  model: whisper-base\n",
        ),
        (
            "voice:\n    # tale\n    model: 'x'   # den gamle\n    recogniser: \"y\"# ?\nlight:\n",
            None,
        ),
        (
            "voice:\n    # tale\n    model: 'x'   # den gamle\n    recogniser: y # ny\nlight:\n",
            "voice:\n    # tale\n    model: whisper-base   # den gamle\n"
            "    recogniser: whisper # ny\nlight:\n",
        ),
        (
            "voice:   # tale\n  hang_over_s: 0.3\n  model: null\n",
            "voice:   # tale\n  recogniser: whisper\n  hang_over_s: 0.3\n  model: whisper-base\n",
        ),
        (
            "voice:\nlight:\n  settle_s: 3.0\n",
            "voice:\n  recogniser: whisper\n  model: whisper-base\nlight:\n  settle_s: 3.0\n",
        ),
        (
            "schema: 1\r\nvoice:\r\n  model: a\r\n",
            "schema: 1\r\nvoice:\r\n  recogniser: whisper\r\n  model: whisper-base\r\n",
        ),
        ("voice:\n  model:\n", "voice:\n  recogniser: whisper\n  model: whisper-base\n"),
        ("voice: {model: a, recogniser: b}\n", None),
        ("voice: {}\n", None),
        ("voice: 3\n", None),
        ("- a\n", None),
        ("voice: [\n", None),
        ("voice:\n  model: >\n    langt\n    navn\n", None),
    ],
)
def test_a_choice_changes_its_own_lines_and_no_others(before: str, after: str | None) -> None:
    assert choice.with_choice(before, VALUES) == after


@given(
    st.dictionaries(
        st.sampled_from(["schema", "language", "light", "x"]), st.integers(0, 9), max_size=4
    ),
    st.one_of(
        st.none(),
        st.dictionaries(
            st.sampled_from(["model", "recogniser", "detector", "hang_over_s"]),
            st.sampled_from(["a", "'b c'", '"d"', "1.5", "null", "true"]),
            min_size=1,
        ),
    ),
    st.sampled_from(["", "  # kommentar", " #"]),
)
def test_a_choice_keeps_everything_else(
    others: dict[str, int], section: dict[str, str] | None, comment: str
) -> None:
    rows = [f"{key}: {value}{comment}" for key, value in others.items()]
    if section is not None:
        rows[1:1] = ["voice:", *(f"  {key}: {value}{comment}" for key, value in section.items())]
    before = "".join(f"{row}\n" for row in rows)

    after = choice.with_choice(before, VALUES)

    assert after is not None
    old, new = (strict_yaml.parse(text, "")[0] or {} for text in (before, after))
    assert new == {**old, "voice": {**(old.get("voice") or {}), **VALUES}}
    assert after.count("#") == before.count("#")
    assert choice.with_choice(after, VALUES) == after


def test_what_to_write_oneself_is_valid() -> None:
    assert strict_yaml.parse(choice.lines(VALUES), "")[0] == {"voice": VALUES}
