"""What was measured -> tables and pictures."""

import math
from collections.abc import Iterable, Sequence

from agent.measuring.engine import quantile
from agent.measuring.picture import Axes, det_picture
from agent.voice.commands import Risk
from agent.voice.decision import Thresholds
from agent.voice.scoring import (
    Rate,
    Share,
    Trial,
    accepted,
    det,
    equal_error_rate,
    false_accepts,
    threshold_at,
    top_1,
)
from bench.engines import BASELINE, Heard
from bench.sets import END, TrialSet

RATES = (0.01, 0.03, 0.05)
LEAST = 8
"""A group with fewer commands is not named as the worst."""

SAID_HEADER = (
    *("set", "engine", "n", "best guess right", "accepted", "taken for another"),
    *(f"accepted at {100 * rate:g} % FA" for rate in RATES),
    *("worst groups (accepted)", "CPU ms p50/p95"),
)
TALK_HEADER = (
    *("set", "engine", "minutes", "utterances", "taken for a command", "per hour"),
    *("«avslutt video», both", "question open: taken for a command", "per hour"),
)


def said_row(heard: Heard, others: Sequence[Trial]) -> tuple[str, ...]:
    """A set in which commands or words are said.

    others: what stands for talk when the set has none of its own.
    """
    said = [outcome for outcome in heard.outcomes if outcome.trial.said is not None]
    right = Share(sum(each.accepted == each.trial.said for each in said), len(said))
    mistaken = Share(sum(each.accepted not in (None, each.trial.said) for each in said), len(said))
    trials = [*heard.trials, *others]
    at_rates = []
    for rate in RATES:
        threshold = threshold_at(trials, rate)
        at_rates.append("–" if math.isnan(threshold) else _share(accepted(trials, threshold)))
    cpu = [1000 * cost.cpu_s for cost in heard.costs]
    return (
        *(heard.about.name, heard.engine, str(len(said))),
        *(_share(top_1(heard.trials)), _share(right), _share(mistaken)),
        *at_rates,
        "; ".join(_worst(heard)),
        f"{quantile(cpu, 0.5):.0f}/{quantile(cpu, 0.95):.0f}",
    )


def _worst(heard: Heard) -> Iterable[str]:
    """For each kind of group the one with the smallest share accepted as what it is."""
    kinds = {kind for outcome in heard.outcomes for kind in outcome.trial.groups}
    for kind in sorted(kinds):
        counts: dict[str, list[bool]] = {}
        for each in heard.outcomes:
            group = each.trial.groups.get(kind)
            if each.trial.said is not None and group:
                counts.setdefault(group, []).append(each.accepted == each.trial.said)
        shares = {name: Share(sum(x), len(x)) for name, x in counts.items() if len(x) >= LEAST}
        if len(shares) > 1:
            worst = min(shares, key=lambda name: shares[name].value)
            yield f"{kind}: {worst} {_share(shares[worst])}"


def talk_row(name: str, calm: Sequence[Heard], asked: Sequence[Heard]) -> tuple[str, ...]:
    """Sets in which nothing is a command, counted together.

    calm, asked: what one engine made of them with no question open, and with one open.
    """
    ended = sum(each.accepted == END for heard in (*calm, *asked) for each in heard.false)
    count = sum(len(heard.outcomes) for heard in calm)
    return (
        *(name, calm[0].engine, f"{60 * sum(heard.hours for heard in calm):.1f}", str(count)),
        *_false(calm),
        str(ended),
        *_false(asked),
    )


def _false(heard: Sequence[Heard]) -> tuple[str, str]:
    false, count = (
        sum(len(each) for each in lists)
        for lists in ([each.false for each in heard], [each.outcomes for each in heard])
    )
    rate = Rate(false, sum(each.hours for each in heard))
    low, high = rate.interval
    an_hour = f"{rate.value:.1f} ({low:.1f}–{high:.1f})" if rate.hours else "–"
    return _share(Share(false, count)), an_hour


def talk_rows(heard: Sequence[Heard]) -> Iterable[tuple[str, ...]]:
    """Every set of talk, engine by engine, and all of them together, each recording once."""
    talked = [each for each in heard if is_talk(each.about)]
    engines = dict.fromkeys(each.engine for each in talked)
    for name in dict.fromkeys(each.about.name for each in talked):
        for engine in engines:
            of_it = [each for each in talked if (each.engine, each.about.name) == (engine, name)]
            if of_it:
                yield talk_row(name, *_by_question(of_it))
    for engine in engines:
        once = [each for each in talked if each.engine == engine and not each.about.again]
        yield talk_row("**all**", *_by_question(once))


def _by_question(heard: Sequence[Heard]) -> tuple[list[Heard], list[Heard]]:
    asked = [each for each in heard if each.about.question]
    return [each for each in heard if not each.about.question], asked


def false_commands(heard: Iterable[Heard]) -> Iterable[str]:
    """What was taken for a command, one line each; not by the baselines, for it is too much."""
    for each in heard:
        told = is_talk(each.about) and BASELINE not in each.engine
        for outcome in each.false if told else ():
            state = ", question open" if each.about.question else ""
            yield (
                f"{each.engine}: {each.about.name}{state}: {outcome.source} "
                f"({outcome.trial.groups.get('sound')}) as {outcome.accepted}, "
                f"log-odds {outcome.trial.log_odds:.1f}"
            )


def picture(title: str, heard: Sequence[Heard], others: dict[str, list[Trial]]) -> str:
    """The DET curves of one set, every engine, with the operating points of the risk classes."""
    curves, marks = {}, {}
    for each in heard:
        trials = [*each.trials, *others.get(each.engine, [])]
        curve = det(trials)
        if not curve:
            continue
        name = f"{each.engine}: equal error rate {100 * equal_error_rate(curve):.1f} %"
        curves[name] = curve
        marks[name] = {
            risk.value: (
                false_accepts(trials, Thresholds().of(risk)).value,
                1 - accepted(trials, Thresholds().of(risk)).value,
            )
            for risk in Risk
        }
    axes = Axes(title, "other utterances accepted, %", "commands not accepted, %")
    return det_picture(curves, marks, axes)


def talk_trials(heard: Iterable[Heard], engine: str) -> list[Trial]:
    """All that an engine heard of talk while no question was open, each recording once."""
    return [
        trial
        for each in heard
        if each.engine == engine and is_talk(each.about)
        if not each.about.question and not each.about.again
        for trial in each.trials
    ]


def is_talk(about: TrialSet) -> bool:
    """Nothing in it is a command or a word of a choice."""
    return all(item.said is None for item in about.items)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    every = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in every) + "\n"


def _share(share: Share) -> str:
    """97.5 % (94.0–99.0)."""
    if not share.of:
        return "–"
    low, high = share.interval
    return f"{100 * share.value:.1f} % ({100 * low:.1f}–{100 * high:.1f})"
