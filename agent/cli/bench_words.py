"""`hodekamera bench-words`: how well recognisers hear the recordings of a table."""

import argparse
import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from agent.config.content import Content
from agent.config.problems import Place, Problem
from agent.config.settings import Settings
from agent.faults import Fault, PartError
from agent.hearing import segmenter_settings
from agent.measuring import report
from agent.measuring.engine import Load, Measured, measure
from agent.measuring.picture import Axes, det_picture
from agent.measuring.sound import decode, segments, whole
from agent.measuring.table import NOTHING, Row, normal, read
from agent.recognisers import make_recogniser
from agent.registry import BACKENDS, Kind, load
from agent.voice.base import Utterance
from agent.voice.commands import Risk
from agent.voice.decision import Thresholds
from agent.voice.scoring import accepted, det, false_accepts

ALL = "all"


def bench_words(
    options: argparse.Namespace,
    settings: Settings,
    content: Content,
    root: Path,
    write: Callable[[str], None],
) -> list[Problem]:
    """Measure, write the figures as they come, and return what is wrong with single recordings.

    root: the folder with `models`. Raises ConfigError for the table, PartError for a recogniser
    that was asked for by name and cannot be used.
    """
    rows, words = read(options.table), content.pages["measuring"]
    write(_about(options.table, rows, words))
    outside = sum(row.label is None and normal(row.written) not in NOTHING for row in rows)
    if outside:
        write(words["outside"].format(count=outside))
    write(words["interval"])
    folder = options.table.with_suffix("")
    sound = _loader(settings, segmented=options.segment)
    results = []
    for name in _engines(options, settings):
        try:
            make = make_recogniser(name, settings, root / "models", content.pronunciation)
            result = asyncio.run(measure(name, make, rows, folder, sound))
        except PartError as error:
            if options.engines != ALL:
                raise
            reason = f"{error.fault.value}: {content.texts.explain(error.fault, error.values)}"
            write("")
            write(words["left_out"].format(name=name, reason=reason))
            continue
        results.append(result)
        for line in report.lines(result, words, Thresholds()):
            write(line)
    if options.out is not None and results:
        files = _write_files(options.out, options.table.name, results, words)
        write("")
        write(words["written"].format(files=", ".join(map(str, files))))
    unreadable = {row.line: row for result in results for row in result.unreadable}
    return [
        Problem(Fault.RECORDING_UNREADABLE, Place(str(options.table), line), {"value": row.wav})
        for line, row in sorted(unreadable.items())
    ]


def _engines(options: argparse.Namespace, settings: Settings) -> Sequence[str]:
    if options.engines == ALL:
        return list(BACKENDS[Kind.RECOGNISER])
    if options.engines:
        return [name.strip() for name in options.engines.split(",") if name.strip()]
    return [options.recogniser or settings.voice.recogniser]


def _about(table: Path, rows: Sequence[Row], words: Mapping[str, str]) -> str:
    commands = sum(row.label is not None for row in rows)
    vocabularies = len({row.vocabulary for row in rows})
    return words["table"].format(
        file=table.name,
        rows=len(rows),
        commands=commands,
        others=len(rows) - commands,
        vocabularies=vocabularies,
    )


def _loader(settings: Settings, *, segmented: bool) -> Load:
    if not segmented:
        return lambda path: [whole(decode(path))]
    detector = load(Kind.DETECTOR, settings.voice.detector)()
    cut = segmenter_settings(settings)

    def load_cut(path: Path) -> list[Utterance]:
        return segments(decode(path), detector, cut)

    return load_cut


def _write_files(
    out: Path, name: str, results: Sequence[Measured], words: Mapping[str, str]
) -> Iterable[Path]:
    """Pictures, scores and figures; no sound, and no words but the table's own."""
    files = {"det.svg": _picture(name, results, words), "scores.tsv": _scores(results)}
    numbers = [report.figures(result) for result in results]
    files["figures.json"] = json.dumps(numbers, indent=1, ensure_ascii=False) + "\n"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (out / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise PartError(Fault.FOLDER_NOT_WRITABLE, folder=str(out)) from error
    return [out / file for file in files]


def _picture(name: str, results: Sequence[Measured], words: Mapping[str, str]) -> str:
    marks = {}
    for result in results:
        at = {words[f"risk_{risk.value}"]: Thresholds().of(risk) for risk in Risk}
        marks[result.name] = {
            risk: (
                false_accepts(result.trials, threshold).value,
                1 - accepted(result.trials, threshold).value,
            )
            for risk, threshold in at.items()
        }
    curves = {result.name: det(result.trials) for result in results}
    drawn = {name: curve for name, curve in curves.items() if curve}
    title = words["picture_title"].format(file=name)
    return det_picture(drawn, marks, Axes(title, words["picture_across"], words["picture_up"]))


def _scores(results: Sequence[Measured]) -> str:
    rows = ["engine\tline\tsaid\theard\tlog_odds"]
    for result in results:
        for line, trial in sorted(zip(result.lines, result.trials, strict=True), key=_line_of):
            cells = (result.name, str(line), trial.said or "", trial.heard or "")
            rows.append("\t".join((*cells, f"{trial.log_odds:.4f}")))
    return "\n".join(rows) + "\n"


def _line_of(pair: tuple[int, object]) -> int:
    return pair[0]
