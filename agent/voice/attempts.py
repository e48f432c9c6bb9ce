"""PURE: whether a nurse seems to be trying to say a command and is not understood.

Only what looks like a try counts: as long as a command, after a stretch in which nobody talked,
and not unlike a command. Talk in between, or anything that was understood, starts the count anew:
a conversation with the patient or with the clinic is never taken for failing.
"""

from agent.frames import SAMPLE_RATE
from agent.voice.base import Utterance
from agent.voice.decision import Decision

SHORTEST_S, LONGEST_S = 0.5, 2.6
"""Of an utterance with its silences: «avbryt», «ring sårpoliklinikken»."""

NEAR_MISS = -2.5
"""Natural log-odds from which on the best command is not far: 1 of 13."""

CALM_S = 1.5
"""Nobody has talked for so long before a try."""

TOGETHER_S = 12.0
"""Tries that are further apart have nothing to do with each other."""


class Attempts:
    """Counts tries in a row. Time is counted in samples of the microphone's stream."""

    def __init__(self) -> None:
        self._count = 0
        self._last = -SAMPLE_RATE * 3600
        self._talked = self._last

    def talk(self, at: int) -> None:
        """Somebody talks: the nurse with others, others, or the clinic."""
        self._talked = at
        self._count = 0

    def understood(self) -> None:
        """A command was obeyed."""
        self._count = 0

    def unknown(self, utterance: Utterance, decision: Decision) -> int:
        """An utterance was no command. How many tries in a row that makes; 0: it was not one."""
        if not self._is_try(utterance, decision):
            self.talk(utterance.end)
            return 0
        together = utterance.start - self._last <= TOGETHER_S * SAMPLE_RATE
        self._count = self._count + 1 if together else 1
        self._last = utterance.end
        return self._count

    def _is_try(self, utterance: Utterance, decision: Decision) -> bool:
        seconds = len(utterance.samples) / SAMPLE_RATE
        calm = utterance.start - self._talked >= CALM_S * SAMPLE_RATE
        return SHORTEST_S <= seconds <= LONGEST_S and calm and decision.log_odds >= NEAR_MISS
