"""How well commands are heard: `python -m bench.voice [--data FOLDER] [--out FOLDER]`.

Every recogniser, and two baselines where the extra `bench` is installed, hear the same sounds:

- synthetic: every phrase by speakers that nothing is trained or tuned on, in noise, rooms, behind a
  mask and from afar, in dialects and accents;
- words: real people and other synthesis, one of 16 words that are not our commands (a proxy: nobody
  has recorded our commands yet);
- talk: near misses, everyday sentences, people in three languages, noise and music;
- delay: the real listener in real time.

Nothing is kept but figures; nothing of the data folder is written anywhere.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.faults import PartError
from agent.measuring.engine import quantile
from agent.voice.commands import CommandPhrases, Grammar
from agent.voice.decision import Thresholds
from agent.voice.scoring import Trial
from bench.conditions import CLEAN, CONDITIONS, places
from bench.delay import Waits, silence_cpu, waits
from bench.engines import BASELINE, Engine, Heard, Hearer, chosen, engines
from bench.hearing import ANSWERS, ROOT, commands_of, shipped_commands, states
from bench.sets import TrialSet, command_sets, talk_sets, word_sets
from bench.voice_report import (
    SAID_HEADER,
    TALK_HEADER,
    false_commands,
    is_talk,
    picture,
    said_row,
    table,
    talk_rows,
    talk_trials,
)
from bench.voices import TESTED, TUNED

PARTS = ("synthetic", "words", "talk", "delay")

DELAYED = 20
"""Phrases that are said in real time."""


def main() -> None:
    """Print the tables; with --out, write them and the pictures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.formatter_class = argparse.RawDescriptionHelpFormatter
    arguments.add_argument("--data", type=Path, help="folder with manifest.tsv and recordings")
    arguments.add_argument("--only", help=f"parts, with commas: {', '.join(PARTS)}")
    arguments.add_argument("--engines", help="names or their beginnings, with commas")
    arguments.add_argument("--quick", action="store_true", help="less of everything: 2 minutes")
    arguments.add_argument("--tune", action="store_true", help="the speakers for tuning, not tests")
    arguments.add_argument("--out", type=Path, help="folder for report.md and DET curves")
    arguments.add_argument(
        "--whisper",
        type=Path,
        default=ROOT / "models" / "whisper-base",
        help="folder with Whisper-base for CTranslate2, for the baseline",
    )
    options = arguments.parse_args()
    parts = set((options.only or ",".join(PARTS)).split(","))
    if unknown := parts - set(PARTS):
        arguments.error(f"no such part: {', '.join(sorted(unknown))}")
    commands = shipped_commands()
    found = list(_sets(options, parts, commands))
    measured = chosen(engines(options.whisper), options.engines)
    heard = asyncio.run(_hear_all(measured, found, commands))
    waited = []
    for engine in measured if "delay" in parts else ():
        if BASELINE in engine.name:
            continue  # Not calibrated for the thresholds in use: it would hear nothing.
        with contextlib.suppress(PartError):  # It was told when it was to hear.
            waited.append(asyncio.run(_wait(engine, commands, options.quick)))
    report = _report(heard, waited, silence=silence_cpu() if "delay" in parts else None)
    _say("\n" + report)
    if options.out is not None:
        _write(options.out, report, heard)


def _sets(
    options: argparse.Namespace, parts: set[str], table: tuple[CommandPhrases, ...]
) -> Iterator[TrialSet]:
    where = places(options.data)
    if "synthetic" in parts:
        speakers = TUNED if options.tune else TESTED
        conditions = (CLEAN, CONDITIONS[2]) if options.quick else CONDITIONS
        yield from command_sets(table, where, speakers, conditions)
    if "words" in parts and options.data is not None:
        yield from word_sets(options.data, quick=options.quick)
    if "talk" in parts:
        yield from talk_sets(table, options.data, quick=options.quick)


async def _hear_all(
    measured: Sequence[Engine], found: Sequence[TrialSet], table: tuple[CommandPhrases, ...]
) -> list[Heard]:
    """Two engines at a time, each in its process; those that cannot start are told."""
    free = asyncio.Semaphore(2)

    async def one(engine: Engine) -> list[Heard]:
        async with free:
            try:
                return await _hear(engine, found, table)
            except PartError as error:
                _say(f"{engine.name}: not measured, {error} {dict(error.values)}")
                return []

    return [each for heard in await asyncio.gather(*map(one, measured)) for each in heard]


async def _hear(
    engine: Engine, found: Sequence[TrialSet], table: tuple[CommandPhrases, ...]
) -> list[Heard]:
    """One engine on every set."""
    everything = Grammar(table).phrases
    result = []
    async with Hearer.worker(engine) as worker:
        hearer = Hearer(engine, worker)
        for about in found:
            result.append(await hearer.hear(about, everything))
            _say(f"{engine.name}: heard {about.name}, {len(result[-1].outcomes)} utterances")
        costs = [*hearer.prepared, *(cost for each in result for cost in each.costs)]
    peak = max((cost.peak_mb for cost in costs if cost.peak_mb), default=0.0)
    _say(f"{engine.name}: at most {peak:.0f} MB; {sum(each.failures for each in result)} failures")
    return result


async def _wait(engine: Engine, table: tuple[CommandPhrases, ...], quick: bool) -> Waits:
    largest = states(table)[-1]
    calm = Grammar(table, commands_of(largest) - ANSWERS)
    return await waits(engine, calm, Grammar(table).phrases, 5 if quick else DELAYED)


def _delay_line(waited: Waits) -> str:
    p50, p95 = (1000 * quantile(waited.seconds, share) for share in (0.5, 0.95))
    return (
        f"{waited.engine}: end of phrase to decision {p50:.0f} ms (half), {p95:.0f} ms (95 %), "
        f"{len(waited.seconds)} of {waited.said} heard; ready {waited.start_s:.1f} s after start"
    )


def _report(heard: Sequence[Heard], waited: Sequence[Waits], silence: float | None) -> str:
    """Everything as Markdown. In brackets: 95 % intervals (Wilson; Byar for rates)."""
    said = [
        said_row(each, _others(each, heard)) for each in _by_set(heard) if not is_talk(each.about)
    ]
    about = {each.about.name: each.about.about for each in heard}
    lines = [
        "# How well commands are heard",
        "",
        "Made by `python -m bench.voice`. In brackets: 95 % intervals (Wilson; Byar for rates). "
        f"Accepted: with the thresholds in use, {Thresholds()}; the baselines are not calibrated "
        "for them. At so many false accepts (FA): with a threshold chosen on these very data, the "
        "talk of all sets or the other words of the choice.",
        "",
        *(f"- {name}: {what}" for name, what in about.items()),
        "",
        "## Said",
        "",
        table(SAID_HEADER, said),
        "## Talk",
        "",
        table(TALK_HEADER, talk_rows(heard)),
        *(f"- {line}" for line in false_commands(heard)),
    ]
    if waited:
        lines += ["", "## Time", "", *(f"- {_delay_line(each)}" for each in waited)]
    if silence is not None:
        lines.append(f"- CPU for a second of silence: {silence:.4f} s (detector and segmenter)")
    return "\n".join(lines) + "\n"


def _by_set(heard: Sequence[Heard]) -> list[Heard]:
    """The engines side by side, set by set."""
    order = list(dict.fromkeys(each.about.name for each in heard))
    return sorted(heard, key=lambda each: order.index(each.about.name))


def _others(each: Heard, heard: Sequence[Heard]) -> list[Trial]:
    """Commands have no talk of their own: all talk stands for it. Words have."""
    own = any(trial.said is None for trial in each.trials)
    return [] if own else talk_trials(heard, each.engine)


def _write(out: Path, report: str, heard: Sequence[Heard]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    pictures = []
    for name in dict.fromkeys(each.about.name for each in heard if not is_talk(each.about)):
        of_it = [each for each in heard if each.about.name == name]
        others = {each.engine: _others(each, heard) for each in of_it}
        file = f"det-{name.replace(', ', '-').replace(' ', '-')}.svg"
        (out / file).write_text(picture(name, of_it, others), encoding="utf-8")
        pictures.append(f"![{name}]({file})")
    (out / "report.md").write_text(report + "\n" + "\n\n".join(pictures) + "\n", encoding="utf-8")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
