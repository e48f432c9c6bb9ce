"""A finite-state transducer in OpenFst's binary «vector» form, version 2, little-endian.

The format is that of OpenFst's `fst.cc` and `vector-fst.h`. Written here, because the graphs are
small and the library that could do it may not be loaded in one process with libvosk.
"""

import struct
from dataclasses import dataclass, field

MAGIC = 2125659606
VERSION = 2
EXPANDED_AND_MUTABLE = 3
"""The property bits that every vector FST has; the others are unknown and found when needed."""

NOT_FINAL = float("inf")


@dataclass(frozen=True, slots=True)
class Arc:
    """A transition; label 0 is nothing. cost: minus a natural logarithm."""

    source: int
    target: int
    into: int = 0
    out: int = 0
    cost: float = 0.0


@dataclass(slots=True)
class Fst:
    """States are numbers; the first one is the start."""

    finals: dict[int, float] = field(default_factory=dict)
    """State -> cost of ending there."""
    arcs: list[Arc] = field(default_factory=list)
    states: int = 0

    def state(self) -> int:
        """A new state."""
        self.states += 1
        return self.states - 1

    def arc(self, source: int, target: int, into: int = 0, out: int = 0, cost: float = 0.0) -> int:
        """A new transition; returns its target."""
        self.arcs.append(Arc(source, target, into, out, cost))
        return target

    def encoded(self, sort_by_output: bool = False) -> bytes:
        """The file. sort_by_output: each state's arcs in the order of their output labels."""
        leaving: list[list[Arc]] = [[] for _ in range(self.states)]
        for arc in self.arcs:
            leaving[arc.source].append(arc)
        pieces = [self._header()]
        for state, arcs in enumerate(leaving):
            if sort_by_output:
                arcs.sort(key=lambda arc: (arc.out, arc.into))
            pieces.append(struct.pack("<fq", self.finals.get(state, NOT_FINAL), len(arcs)))
            pieces += [struct.pack("<iifi", a.into, a.out, a.cost, a.target) for a in arcs]
        return b"".join(pieces)

    def _header(self) -> bytes:
        numbers = (VERSION, 0, EXPANDED_AND_MUTABLE, 0, self.states, len(self.arcs))
        names = [struct.pack("<i", len(name)) + name for name in (b"vector", b"standard")]
        return struct.pack("<i", MAGIC) + b"".join(names) + struct.pack("<iiQqqq", *numbers)


def read(data: bytes) -> Fst:
    """What `Fst.encoded` wrote. Raises ValueError for anything else."""
    head = Fst()._header()
    if data[: len(head) - 40] != head[:-40]:
        raise ValueError("not a vector FST of the standard kind")
    *_, start, states, _ = struct.unpack_from("<iiQqqq", data, len(head) - 40)
    if start != 0:
        raise ValueError("the start is not the first state")
    fst, at = Fst(states=states), len(head)
    for state in range(states):
        final, count = struct.unpack_from("<fq", data, at)
        at += 12
        if final != NOT_FINAL:
            fst.finals[state] = final
        for into, out, cost, target in struct.iter_unpack("<iifi", data[at : at + 16 * count]):
            fst.arcs.append(Arc(state, target, into, out, cost))
        at += 16 * count
    return fst
