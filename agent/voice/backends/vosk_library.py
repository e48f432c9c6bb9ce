"""libvosk from the wheel `vosk`, bound with ctypes: the few calls that a closed grammar needs.

The wheel's own Python module is not imported: it brings code that downloads models, and four
packages that nothing here uses. The signatures are those of libvosk 0.3.44, `src/vosk_api.h`.
"""

import ctypes
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SILENT = -10
"""Below Kaldi's warnings, errors and failed assertions (-1, -2, -3)."""

_FILE = {"win32": "libvosk.dll", "darwin": "libvosk.dyld"}.get(sys.platform, "libvosk.so")


@cache
def library() -> Any:
    """The library, silenced. Raises ImportError when the wheel is missing, OSError when it fails.

    Its calls are not for several threads at once.
    """
    spec = find_spec("vosk")
    if spec is None or spec.origin is None:
        raise ImportError("vosk is not installed")
    folder = Path(spec.origin).parent
    if sys.platform == "win32":
        os.add_dll_directory(str(folder))  # Its own dependencies lie beside it.
    loaded = ctypes.CDLL(str(folder / _FILE))
    pointer, text, whole = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[Any, ...]] = {
        # name: (result, arguments …)
        "vosk_set_log_level": (None, whole),
        "vosk_model_new": (pointer, text),
        "vosk_model_free": (None, pointer),
        "vosk_recognizer_new": (pointer, pointer, ctypes.c_float),
        "vosk_recognizer_new_grm": (pointer, pointer, ctypes.c_float, text),
        "vosk_recognizer_set_max_alternatives": (None, pointer, whole),
        "vosk_recognizer_accept_waveform": (whole, pointer, text, whole),
        "vosk_recognizer_final_result": (text, pointer),
        "vosk_recognizer_free": (None, pointer),
    }
    for name, (result, *arguments) in signatures.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    loaded.vosk_set_log_level(SILENT)  # It writes to stderr past our log.
    return loaded


class Model:
    """A loaded model; freed with the last reference to it."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError when libvosk cannot load it."""
        self._library = library()
        self._handle = self._library.vosk_model_new(os.fsencode(folder))
        if not self._handle:
            raise ValueError("libvosk cannot load the model")

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.vosk_model_free(self._handle)

    def decode(self, sound: bytes, rate: int, alternatives: int, grammar: str | None) -> str:
        """The `alternatives` likeliest results, as libvosk's JSON.

        sound: 16-bit mono, little-endian. grammar: a JSON list of texts, not empty; None is the
        model's own graph. Raises ValueError when libvosk refuses the grammar or the sound.
        """
        lib = self._library
        if grammar is None:
            recogniser = lib.vosk_recognizer_new(self._handle, rate)
        else:
            recogniser = lib.vosk_recognizer_new_grm(self._handle, rate, grammar.encode("utf-8"))
        if not recogniser:
            raise ValueError("libvosk refuses the grammar")
        try:
            lib.vosk_recognizer_set_max_alternatives(recogniser, alternatives)
            if lib.vosk_recognizer_accept_waveform(recogniser, sound, len(sound)) < 0:
                raise ValueError("libvosk cannot decode the sound")
            result: bytes = lib.vosk_recognizer_final_result(recogniser)
            return result.decode("utf-8")
        finally:
            lib.vosk_recognizer_free(recogniser)
