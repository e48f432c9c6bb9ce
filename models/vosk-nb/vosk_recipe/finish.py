"""From a trained network to the finished folder: export, graphs, calibration, verification.

Everything is measured with the project's own back-end, and so by libvosk itself.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.voice.backends.vosk import VoskRecogniser
from agent.voice.backends.vosk_decoder import static_decoder
from agent.voice.backends.vosk_folder import read_folder
from agent.voice.base import Utterance
from agent.voice.commands import Grammar

from . import synthetic
from .align import align
from .features import mfcc
from .folder import MADE, write_manifest, write_model, write_run_time_graph, write_state_graphs
from .graphs import phrase_symbol
from .kaldi_text import final_mdl, read_network
from .network import Network, posteriors
from .phones import PHONES
from .pronounce import Pronouncer, words_of
from .sound import spoil

SAID, OTHER = 3, 4
"""For each phrase so many utterances of it, and so many of other words, to calibrate on."""

AGREE = 0.05
"""How far libvosk's path score may be from our own, in natural log."""

PLAIN = {"scale": 1.0, "offset": 0.0}
"""Before calibration: log-odds are differences of path scores."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """An utterance, and the difference between its best phrase and unknown speech."""

    difference: float
    is_said: bool
    """The best phrase is the one that was said."""


def finish(
    folder: Path,
    network: Network,
    pronouncer: Pronouncer,
    states: Sequence[Grammar],
    common: Sequence[str],
    say: Say,
) -> None:
    """Write the whole model.

    states: what can be said in each state of a session, the largest last; common: words that a
    grammar may have besides.
    """
    for name in MADE:
        shutil.rmtree(folder / name, ignore_errors=True)
    network = read_network(final_mdl(network))  # As it is written, with fewer digits.
    phrases = [phrase for state in states for phrase in state.phrases]
    vocabulary = {word for phrase in phrases for word in words_of(phrase)}
    calibration = {"static": PLAIN, "run_time": PLAIN}

    def calibrate(kind: str) -> None:
        write_manifest(folder, described(calibration))
        found = list(trials(folder, pronouncer, states[-1], sorted(set(common) - vocabulary)))
        scale, offset = fitted(found)
        calibration[kind] = {"scale": round(scale, 3), "offset": round(offset, 2)}
        say(f"{kind}: log-odds = {scale:.3f} * difference + {offset:.2f}")

    write_model(folder, network)
    write_run_time_graph(folder, pronouncer, vocabulary.union(common))
    calibrate("run_time")  # Before there are others, which the back-end would prefer.
    write_state_graphs(folder, pronouncer, [state.phrases for state in states])
    calibrate("static")
    write_manifest(folder, described(calibration))
    worst = disagreement(folder, network, pronouncer, states[0].phrases)
    say(f"libvosk and numpy differ by {worst:.4f} at most in the log of a path's probability")
    if worst > AGREE:
        raise RuntimeError("libvosk does not compute what was trained")
    size = sum(path.stat().st_size for name in MADE for path in (folder / name).rglob("*.*"))
    say(f"{folder}: {size / 1e6:.1f} MB")


def described(calibration: Mapping[str, Mapping[str, float]]) -> dict[str, object]:
    """The manifest's words."""
    return {
        "name": "vosk-nb",
        "title": "Vosk, norsk kommandomodell (bare syntetisk tale)",
        "kind": "vosk",
        "what": (
            "A Norwegian command model in Vosk's format: a small time-delay network with CTC "
            "(nnet3, text form), a graph for each state of a consultation, and a graph for any "
            "grammar over its words at run time. It makes no free text."
        ),
        "licence": "as the project",
        "made": "python models/vosk-nb/make.py, from speech by espeak-ng alone (no recordings)",
        "calibration": dict(calibration),
    }


def trials(
    folder: Path, pronouncer: Pronouncer, state: Grammar, others: Sequence[str], seed: int = 1
) -> Iterator[Trial]:
    """The tuning voices say every phrase of a state, and other words instead."""
    recogniser = VoskRecogniser(str(folder))
    recogniser.prepare(state.phrases)
    generator = np.random.default_rng(seed)
    said = [phrase for phrase in state.phrases for _ in range(SAID)]
    talk = synthetic.texts([], others, OTHER * len(state.phrases), generator, share_of_phrases=0)
    for text in (*said, *talk):
        for spoken in synthetic.utterances(pronouncer, synthetic.TUNED, iter([text]), generator):
            sound = spoil(spoken.samples, generator)
            scores = recogniser.score(Utterance(sound, 0, len(sound)), state.phrases)
            best = max(scores.phrases, key=scores.phrases.__getitem__)
            is_said = state.command_for_text(text) is state.command_of(best)
            yield Trial(scores.phrases[best] - scores.garbage, is_said)


def disagreement(
    folder: Path, network: Network, pronouncer: Pronouncer, phrases: Sequence[str]
) -> float:
    """How far libvosk's score of a path is from numpy's, for one utterance of each phrase."""
    decoder = static_decoder(folder, read_folder(folder).states[0].folder)
    generator = np.random.default_rng(0)
    apart = []
    for spoken in synthetic.utterances(pronouncer, synthetic.TUNED, iter(phrases), generator):
        heard = decoder.hear(spoken.samples).get(phrase_symbol(" ".join(spoken.words)))
        scores = posteriors(network, mfcc(spoken.samples))
        ways = pronouncer.variants(spoken.words)
        best = max(align(scores, [PHONES.index(phone) for phone in way]).score for way in ways)
        apart.append(abs(best - heard) if heard is not None else np.inf)
    return float(max(apart))


def fitted(found: Sequence[Trial]) -> tuple[float, float]:
    """Scale and offset by logistic regression (Newton), with a little ridge on the scale."""
    heard = [trial for trial in found if trial.difference > -40]
    inputs = np.array([[trial.difference, 1.0] for trial in heard])
    labels = np.array([trial.is_said for trial in heard], float)
    weights = np.array([0.1, 0.0])
    ridge = np.diag([1e-2, 1e-2])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (labels - chance) - ridge @ weights
        curve = (inputs * (chance * (1 - chance))[:, np.newaxis]).T @ inputs + ridge
        weights = weights + np.linalg.solve(curve, slope)
    return float(weights[0]), float(weights[1])
