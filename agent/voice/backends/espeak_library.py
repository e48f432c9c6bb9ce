"""espeak-ng as a library: text -> sound, in memory. Bound with ctypes, from `espeakng-loader`.

Used by the voice that speaks and by the recogniser that makes its templates from it. The function
signatures are those of espeak-ng 1.52, `src/include/espeak-ng/speak_lib.h`.
"""

import ctypes
import threading
from functools import cache
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np

from agent.faults import Fault, PartError
from agent.frames import Samples
from agent.voice.resample import to_mono_16k

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: sound goes to our callback, no audio device
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: report missing data instead of ending the process
_UTF8_WITH_PHONEMES = 1 | 0x100  # espeakCHARS_UTF8 | espeakPHONEMES: read [[...]] as phonemes
_RATE, _PITCH, _RANGE = 1, 3, 4  # espeak_PARAMETER

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class EspeakLibrary:
    """The process's one espeak-ng. Calls are serialised: the library has global state."""

    _lock = threading.Lock()

    def speak(
        self,
        text: str,
        voice: str = "nb",
        variant: str | None = None,
        *,
        pitch: int = 50,
        pitch_range: int = 50,
        rate_wpm: int = 160,
    ) -> Samples:
        """Synthesise a text; espeak-ng's own phonemes may stand in it as `[[...]]`.

        voice: espeak-ng's language or voice name. variant: "f2", "m3", ...; None or "" is plain.
        pitch, pitch_range: 0 to 100, 50 is the voice's own. rate_wpm: words a minute, 80 to 450.
        Returns shape (n,), int16, mono, 16 kHz.
        Raises PartError(SYNTHESISER_MISSING) when the library or its data cannot be loaded,
        PartError(SYNTHESISER_FAILED) when the voice is unknown or nothing comes out.
        """
        with self._lock:
            library, rate, data = _library()
            _set_voice(library, data, voice, variant or "")
            for parameter, value in (_RATE, rate_wpm), (_PITCH, pitch), (_RANGE, pitch_range):
                library.espeak_SetParameter(parameter, value, 0)
            return to_mono_16k(_synthesise(library, text), rate, 1)


def _set_voice(library: Any, data: Path, voice: str, variant: str) -> None:
    # The library ignores an unknown variant; a spelling mistake in a setting should be told.
    known = not variant or (data / "voices" / "!v" / variant).is_file()
    name = f"{voice}+{variant}" if variant else voice
    if not known or library.espeak_SetVoiceByName(name.encode()) != 0:
        raise PartError(Fault.SYNTHESISER_FAILED, detail="unknown voice", voice=name)


def _synthesise(library: Any, text: str) -> Samples:
    pieces: list[Samples] = []

    def keep(wave: Any, count: int, _events: int) -> int:
        if wave and count > 0:
            pieces.append(np.ctypeslib.as_array(wave, (count,)).astype(np.int16))
        return 0

    callback = _Callback(keep)  # kept in a name while the library may call it
    library.espeak_SetSynthCallback(callback)
    data = text.encode("utf-8") + b"\0"
    status = library.espeak_Synth(data, len(data), 0, 1, 0, _UTF8_WITH_PHONEMES, None, None)
    if status != 0 or library.espeak_Synchronize() != 0 or not pieces:
        raise PartError(Fault.SYNTHESISER_FAILED, detail="no sound")
    return np.concatenate(pieces)


@cache
def _library() -> tuple[Any, int, Path]:
    """The library, its sample rate in Hz, and the folder of its data."""
    try:
        data = Path(espeakng_loader.get_data_path())
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        library.espeak_SetSynthCallback.argtypes = [_Callback]
        library.espeak_SetSynthCallback.restype = None
        library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, str(data).encode(), _DONT_EXIT)
    except (OSError, AttributeError, RuntimeError) as error:
        raise PartError(Fault.SYNTHESISER_MISSING, detail=type(error).__name__) from error
    if rate <= 0:
        raise PartError(Fault.SYNTHESISER_MISSING, detail="no data")
    return library, rate, data
