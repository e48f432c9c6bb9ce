"""For `bench.light`: what is said aloud, in virtual time, from the scores of filmed shots.

A visit is a nurse's: a hand passes twice a minute, she looks away once (the exposure adapts for a
second afterwards), the head shakes three times, somebody speaks a third of the time. These times
are assumptions. Looks of one scene under one condition differ by a little noise.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from agent.messages import Light
from agent.video.advice import AdviceSettings, Advisor
from agent.video.lighting.judging import Head, Judge, Weights
from bench.light_faults import CONDITIONS, Defect
from bench.light_shots import Shot

LOOKS_PER_S = 5
JITTER = 0.4
VISIT_S, VISITS = 1200, 24
VIEW_S = 25.0
ONSET_S, LASTS_S = 40.0, 30.0
WITHIN_S = 10.0
FAULTY_VISITS = 360

INJECTED: Mapping[Light, tuple[str, ...]] = {
    Light.DARK: ("-2 stops", "-3 stops", "auto 20 lx", "auto 10 lx"),
    Light.BRIGHT: ("+2 stops", "+3 stops"),
    Light.GLARE: ("glare 4 %",),
    Light.BLURRED: ("defocus 3.5 px", "defocus 6 px"),
    Light.WARM: ("2700 K", "3200 K"),
}

Scores = Mapping[Light, float]


class Film:
    """The scores of every scene under every condition."""

    def __init__(self, shots: Sequence[Shot], judge: Judge) -> None:
        self._scores = {(shot.scene, shot.condition): judge.scores(shot.reading) for shot in shots}
        self.scenes = sorted({shot.scene for shot in shots})
        self.right = [name for name, how in CONDITIONS.items() if how.defect is Defect.NONE]

    def look(self, scene: str, condition: str, generator: np.random.Generator) -> Scores:
        """One look."""
        return {
            kind: score + generator.normal(0, JITTER)
            for kind, score in self._scores[scene, condition].items()
        }

    def visit(
        self,
        generator: np.random.Generator,
        seconds: float,
        fault: str | None = None,
        patients: bool = False,
    ) -> Iterator[tuple[float, bool, Scores]]:
        """Time, whether somebody speaks, and the look; the fault begins at `ONSET_S` and stays.

        patients: every new view is of somebody else; otherwise of the same one.
        """
        scene, right = str(generator.choice(self.scenes)), str(generator.choice(self.right))
        seen: list[tuple[float, str]] = []
        speech = 0.0
        for step in range(int(seconds * LOOKS_PER_S)):
            at = step / LOOKS_PER_S
            if fault is None and step and at % VIEW_S == 0:
                scene = str(generator.choice(self.scenes)) if patients else scene
                right = str(generator.choice(self.right))
            seen = [(until, name) for until, name in seen if at < until]
            if not seen and generator.random() < 6 / 60 / LOOKS_PER_S:
                seen = _interruption(generator, at)
            if at >= speech and generator.random() < 1 / 6 / LOOKS_PER_S:
                speech = at + generator.uniform(1, 5)
            standing = fault if fault is not None and at >= ONSET_S else right
            condition = seen[0][1] if seen else standing
            scores = dict(self.look(scene, condition, generator))
            if condition.startswith("shake"):
                scores[Light.SHAKING] = 3.0
            yield at, at < speech, scores


def _interruption(generator: np.random.Generator, at: float) -> list[tuple[float, str]]:
    """What the camera sees meanwhile, until when: hand, look away, shake as 2 : 1 : 3."""
    draw = int(generator.integers(6))
    if draw < 2:
        hand = str(generator.choice(["defocus 6 px", "-2 stops"]))
        return [(at + generator.uniform(0.5, 2), hand)]
    if draw == 2:
        back = at + generator.uniform(1, 4)
        return [(back, "far"), (back + 1, str(generator.choice(["+2 stops", "-2 stops"])))]
    return [(at + generator.uniform(0.3, 1), "shake 17 px")]


def talk(
    shots: Sequence[Shot],
    weights: Mapping[Head, Weights],
    settings: AdviceSettings | None = None,
) -> str:
    """False warnings an hour in clean visits, and how soon lasting faults are told."""
    settings = settings or AdviceSettings()
    film, generator = Film(shots, Judge(weights)), np.random.default_rng(5)
    lines = [
        "\n" + _clean(film, settings, generator, patients=False),
        _clean(film, settings, generator, patients=True),
    ]
    for kind, faults in INJECTED.items():
        lines.append("  " + _told(film, settings, generator, kind, faults))
    return "\n".join(lines)


def _clean(
    film: Film, settings: AdviceSettings, generator: np.random.Generator, patients: bool
) -> str:
    """Visits in which nothing is wrong."""
    told: Counter[str] = Counter()
    naive = 0
    for _ in range(VISITS):
        advisor, last = Advisor(settings), -5.0
        for at, busy, scores in film.visit(generator, VISIT_S, patients=patients):
            word = advisor.follow(scores, at, busy)
            if word is not None and word.light is not Light.GOOD:
                told[word.light.name.lower()] += 1
            if max(scores.values()) > 0 and at - last >= 5:
                naive, last = naive + 1, at
    hours = VISITS * VISIT_S / 3600
    kinds = ", ".join(f"{kind} {count / hours:.1f}" for kind, count in told.most_common())
    whose = "of somebody else" if patients else "of the same patient"
    return (
        f"spoken, a new view {whose} every {VIEW_S:g} s, {hours:g} h without a fault: "
        f"{told.total() / hours:.1f} false warnings an hour ({kinds or 'none'}); "
        f"speaking on every flagged look: {naive / hours:.0f}"
    )


def _told(
    film: Film,
    settings: AdviceSettings,
    generator: np.random.Generator,
    kind: Light,
    faults: Sequence[str],
) -> str:
    delays = []
    for number in range(FAULTY_VISITS):
        advisor = Advisor(settings)
        fault = faults[number % len(faults)]
        for at, busy, scores in film.visit(generator, ONSET_S + LASTS_S, fault):
            word = advisor.follow(scores, at, busy)
            if word is not None and word.light is kind and at >= ONSET_S:
                delays.append(at - ONSET_S)
                break
    soon = sum(delay <= WITHIN_S for delay in delays) / FAULTY_VISITS
    middle, late = np.quantile(delays, (0.5, 0.9)) if delays else (np.nan, np.nan)
    return (
        f"{kind.name.lower()}: told within {WITHIN_S:g} s {soon:.2f}, within {LASTS_S:g} s "
        f"{len(delays) / FAULTY_VISITS:.2f}; delay median {middle:.1f} s, 90 % {late:.1f} s"
    )
