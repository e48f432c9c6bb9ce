"""libvosk, silenced: a sound and a closed grammar -> the likeliest word sequences with scores.

Never loaded in one process with kaldifst or another copy of OpenFst: they block each other.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends.vosk_folder import UNKNOWN
from agent.voice.backends.vosk_library import Model

ALTERNATIVES = 12
"""How many word sequences are asked for; the others are too far behind to matter."""


class Decoder:
    """One model with one graph."""

    def __init__(self, folder: Path) -> None:
        """folder: in Vosk's layout, checked. Raises PartError(MODEL_CORRUPT)."""
        try:
            self._model = Model(folder)
        except ValueError as error:
            raise PartError(Fault.MODEL_CORRUPT, file=str(folder)) from error

    def hear(self, sound: Samples, texts: Sequence[str] | None = None) -> Mapping[str, float]:
        """The likeliest texts and their path scores (natural log, higher is likelier).

        texts: what may be said, in words of the model, for one that takes a grammar at run time;
        not empty. None: what its static graph holds. Raises PartError(RECOGNISER_FAILED).
        """
        grammar = None if texts is None else json.dumps([*texts, UNKNOWN], ensure_ascii=False)
        samples = sound.astype("<i2").tobytes()
        try:
            result = self._model.decode(samples, SAMPLE_RATE, ALTERNATIVES, grammar)
            alternatives = json.loads(result).get("alternatives", ())
        except ValueError as error:
            raise PartError(Fault.RECOGNISER_FAILED, detail=str(error)) from error
        heard: dict[str, float] = {}
        for row in alternatives:
            text, score = str(row["text"]).strip(), float(row["confidence"])
            heard[text] = max(score, heard.get(text, score))
        return heard


def static_decoder(model: Path, graph: Path) -> Decoder:
    """The model's sound with another graph.

    libvosk finds a graph only inside a model's folder, so one is put together for the moment of
    loading, out of the model's own files.
    """
    with TemporaryDirectory(prefix="hodekamera-") as name:
        folder = Path(name)
        for part in ("am", "conf"):
            shutil.copytree(model / part, folder / part)
        shutil.copytree(graph, folder / "graph")
        return Decoder(folder)
