"""`hodekamera bench-words`: its table, in every form that people write it, and its figures."""

import json
import shutil
import wave
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from agent.__main__ import main
from agent.config.problems import ConfigError
from agent.faults import Fault, PartError
from agent.measuring.engine import measure
from agent.measuring.sound import decode, whole
from agent.measuring.table import Row, parse, read
from agent.voice.base import Scores, Utterance
from bench.hearing import SOUNDS
from bench.make_sounds import write

HEADER = "wav\tvocabulary\tlabel\n"


@pytest.mark.parametrize(
    ("text", "vocabulary", "label"),
    [
        (HEADER + "a.wav\tja|nei\tja", ("ja", "nei"), "ja"),
        (HEADER + "a.wav\tja; nei ;ja\tJA", ("ja", "nei"), "ja"),
        (HEADER + "a.wav\tgå tilbake, hopp over\t", ("gå tilbake", "hopp over"), None),
        (HEADER + 'a.wav\t["ja", "nei"]\tnei', ("ja", "nei"), "nei"),
        (HEADER + "a.wav\tJa|ja|nei\tja", ("Ja", "nei"), "Ja"),
        (HEADER + "a.wav\tja|nei\t-", ("ja", "nei"), None),
        (HEADER + "a.wav\tja|nei", ("ja", "nei"), None),
        (HEADER + "a.wav\tja|nei\tkanskje", ("ja", "nei"), None),
        (HEADER + "a.wav\tkamerahjelp\tkamerahjelp", ("kamerahjelp",), "kamerahjelp"),
        (HEADER + "a.wav\tkamerahjelp\t", ("kamerahjelp",), None),
        (HEADER + "a.wav\tja nei klart\tja", ("ja", "nei", "klart"), "ja"),
        (HEADER + "a.wav\tavslutt video\tavslutt video", ("avslutt video",), "avslutt video"),
        (HEADER + "a.wav\tsvar=ja|nei\tja", ("ja", "nei"), "ja"),
        (HEADER + "a.wav\tsvar\tja\nb.wav\tsvar=ja|nei\t", ("ja", "nei"), "ja"),
        (HEADER + "a.wav\tsvar\tja\nb.wav\tsvar\tnei", ("ja", "nei"), "ja"),
        (HEADER + "a.wav\tpå fil\tå\n", ("å", "ø"), "å"),
        (HEADER + "a.wav\tpa\u030a|av\tp\u00e5", ("pa\u030a", "av"), "pa\u030a"),
        ("label\tspeaker\tPath\tVocab\nja\t7\ta.wav\tja|nei", ("ja", "nei"), "ja"),
        (
            "label_id\twav_path\tvocabulary_name\tlabel\nja\ta.wav\tja|nei\tnei",
            ("ja", "nei"),
            "nei",
        ),
        ("\n# kommentar\na.wav\tja|nei\tja", ("ja", "nei"), "ja"),
    ],
)
def test_a_table_is_read_as_it_was_meant(
    text: str, vocabulary: tuple[str, ...], label: str | None
) -> None:
    files = {"på fil": ["å", "", "ø"]}

    first = parse(text, "t.tsv", files.get)[0]

    assert (first.wav, first.vocabulary, first.label) == ("a.wav", vocabulary, label)


def test_other_columns_are_groups() -> None:
    (row,) = parse(HEADER.strip() + "\tSpeaker\troom\na.wav\tja|nei\tja\tKari\t\n", "t.tsv")
    assert row.groups == {"speaker": "Kari"}


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [(Fault.TABLE_EMPTY, 0)]),
        (HEADER, [(Fault.TABLE_EMPTY, 0)]),
        ("wav\tlabel\na.wav\tja", [(Fault.TABLE_COLUMN_MISSING, 1)]),
        ("x\ty\nz\tw", [(Fault.TABLE_COLUMN_MISSING, 1)] * 3),
        (HEADER + "a.wav\t\tja\n\tja|nei\tja", [(Fault.TABLE_CELL_EMPTY, n) for n in (2, 3)]),
        (HEADER + "a.wav\t|\tja", [(Fault.TABLE_CELL_EMPTY, 2)]),
        (HEADER + "a.wav\tsvar=\tja", [(Fault.TABLE_CELL_EMPTY, 2)]),
    ],
)
def test_everything_wrong_with_a_table_is_told(text: str, faults: list[tuple[Fault, int]]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "t.tsv")
    assert [(each.fault, each.place.line) for each in caught.value.problems] == faults


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_table_that_is_no_text_is_told(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "t.tsv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read(file)
    assert [each.fault for each in caught.value.problems] == [Fault.FILE_UNREADABLE]


class Loudness:
    """A recogniser: the louder the sound, the later in the grammar the phrase."""

    def __init__(self, broken: bool = False) -> None:
        self._broken = broken
        self._prepared: Sequence[str] = ()

    def prepare(self, phrases: Sequence[str]) -> None:
        if self._broken:
            raise PartError(Fault.MODEL_MISSING, file="x")
        self._prepared = phrases

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        assert set(grammar) == set(self._prepared)
        if not len(utterance.samples):
            raise PartError(Fault.RECOGNISER_FAILED, detail="empty")
        level = int(np.abs(utterance.samples).max())
        return Scores({phrase: float(phrase == str(level)) for phrase in grammar}, 0.0)


def level(path: Path) -> list[Utterance]:
    """Instead of a recording: as loud as its name says."""
    if path.stem == "gone":
        raise ValueError(path.stem)
    number = int(path.stem)
    return [whole(np.full(100 if number >= 0 else 0, number, np.int16))]


def row(line: int, wav: str, label: str | None, vocabulary: tuple[str, ...] = ("1", "2")) -> Row:
    return Row(line, wav, vocabulary, label, label or "", {})


async def test_each_vocabulary_is_prepared_once_and_each_recording_is_heard(tmp_path: Path) -> None:
    rows = [
        row(2, "1", "1"),
        row(3, "30", "30", ("30", "40")),
        row(4, "2", "1"),
        row(5, "gone", "1"),
        row(6, "-1", None),
        row(7, "40", None, ("30", "40")),
    ]

    result = await measure("loudness", Loudness, rows, tmp_path, level)

    heard = dict(zip(result.lines, [trial.heard for trial in result.trials], strict=True))
    assert heard == {2: "1", 4: "2", 6: None, 3: "30", 7: "40"}
    assert len(result.prepared) == 2
    assert [each.line for each in result.unreadable] == [5]
    assert result.failed == [6]
    assert all(cost.peak_mb is None or cost.peak_mb > 1 for cost in result.costs)


async def test_a_recogniser_that_cannot_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(PartError) as caught:
        await measure("x", partial(Loudness, broken=True), [row(2, "1", "1")], tmp_path, level)
    assert caught.value.fault is Fault.MODEL_MISSING


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Sound files of the project in a table, with one recording in the folder of its name."""
    (tmp_path / "ord").mkdir()
    for name in ("klart.f1.wav", "nei.f1.wav", "hopp_over.f1.wav", "oov_lys.f1.wav"):
        shutil.copy(SOUNDS / name, tmp_path / "ord" / name)
    (tmp_path / "nei.f1.wav").write_bytes((SOUNDS / "nei.f1.wav").read_bytes())
    file = tmp_path / "ord.tsv"
    rows = [
        ("klart.f1.wav", "klart"),
        ("nei.f1.wav", "nei"),
        ("hopp_over.f1.wav", "hopp over"),
        ("oov_lys.f1.wav", ""),
    ]
    lines = [f"{wav}\tklart|nei|hopp over\t{label}" for wav, label in rows]
    file.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("options", [[], ["--segment"]])
def test_the_command_prints_figures_and_writes_a_curve(
    table: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    out = table.with_name("out")

    status = main(
        ["bench-words", str(table), "--recogniser", "templates", "--out", str(out), *options]
    )

    said = capsys.readouterr()
    assert (status, said.err) == (0, "")
    assert "ord.tsv: 4 opptak, 3 kommandoer og 1 andre, 1 vokabularer" in said.out
    assert "beste gjetning riktig (topp-1)         100,0 %" in said.out
    assert "godtatt ved 5 % falske godtatt" in said.out
    assert (out / "det.svg").read_text("utf-8").startswith("<svg")
    assert len((out / "scores.tsv").read_text("utf-8").splitlines()) == 5
    (figures,) = json.loads((out / "figures.json").read_text("utf-8"))
    assert figures["top_1"]["hits"] == figures["top_1"]["of"] == 3


def test_a_recording_that_is_not_there_is_told_and_left_out(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (table.with_suffix("") / "klart.f1.wav").write_bytes(b"RIFF nothing")

    status = main(["bench-words", str(table), "--recogniser", "templates"])

    said = capsys.readouterr()
    assert status == 1
    assert f"HK-124 {table}:2: Opptaket «klart.f1.wav» finnes ikke" in said.err
    assert "100,0 %" in said.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["finnes-ikke.tsv"], "HK-101 finnes-ikke.tsv"),
        (["{table}", "--recogniser", "tull"], "HK-113"),
        (["{table}", "--engines", "tull"], "HK-113"),
        (["{table}", "--recogniser", "templates", "--out", "{table}"], "HK-125"),
    ],
)
def test_what_cannot_be_done_is_told(
    table: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str
) -> None:
    status = main(["bench-words", *(each.format(table=table) for each in arguments)])

    assert status == 2
    assert capsys.readouterr().err.startswith(code)


@pytest.mark.parametrize("rate", [8000, 48000])
def test_recordings_of_any_form_are_read(tmp_path: Path, rate: int) -> None:
    tone = (8000 * np.sin(np.arange(rate // 2) * 2 * np.pi * 440 / rate)).astype("<i2")
    file = tmp_path / "stereo.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setparams((2, 2, rate, 0, "NONE", "not compressed"))
        sound.writeframes(np.repeat(tone, 2).tobytes())

    assert abs(len(decode(file)) - 8000) < 200


def test_no_sound_at_all_is_an_empty_recording(tmp_path: Path) -> None:
    write(tmp_path / "empty.wav", np.zeros(0, np.int16))
    assert decode(tmp_path / "empty.wav").size == 0
