"""onnxruntime as all our networks use it: one thread, silent, its errors as ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from agent.faults import Fault, PartError

SILENT_LOG = 4  # onnxruntime's «fatal»: its other messages go to stderr past our log


class Network:
    """A graph, loaded. One thread: the video encoder needs the other cores."""

    def __init__(self, graph: bytes | str, file: Path | None = None) -> None:
        """graph: the ONNX file's bytes or its path; file: what to name when it is no network.

        Raises PartError (MODEL_CORRUPT when `file` is given, else RECOGNISER_FAILED).
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = SILENT_LOG
        options.enable_cpu_mem_arena = False  # It would keep the most that was ever needed.
        try:
            self._session = onnxruntime.InferenceSession(
                graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # a back-end's edge: onnxruntime's errors have no common class
            if file is not None:
                raise PartError(Fault.MODEL_CORRUPT, file=str(file)) from error
            raise PartError(Fault.RECOGNISER_FAILED, detail=type(error).__name__) from error
        self._names = [each.name for each in self._session.get_outputs()]

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Arrays by name, in and out. Raises PartError(RECOGNISER_FAILED)."""
        try:
            found = self._session.run(None, dict(inputs))
        except Exception as error:  # a back-end's edge: onnxruntime's errors have no common class
            raise PartError(Fault.RECOGNISER_FAILED, detail=type(error).__name__) from error
        return dict(zip(self._names, found, strict=True))
