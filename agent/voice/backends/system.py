"""The operating system's own Norwegian voice: Windows (SAPI), macOS (`say`), else `espeak-ng`.

The programs of Windows and macOS cannot write sound into a pipe; they write into a private
temporary folder that is removed at once. It holds one of the agent's own sentences: no patient
data. `spd-say` of Linux gives the sound to nobody but the loudspeaker, so it cannot serve here.

Tried: Linux. Written from the documentation and never run: Windows, macOS.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.faults import Fault, PartError
from agent.voice import wav
from agent.voice.base import Speech

LIMIT_S = 4.0

WORDS_PER_MINUTE = 170

NO_NORWEGIAN_VOICE = 3
"""Exit status of the script below."""

# The sentence comes through standard input and the rest through the environment, so that nothing
# said can become part of the script. `Rate` is -10 to 10; ten steps are about a factor of three.
_WINDOWS = f"""
Add-Type -AssemblyName System.Speech
[Console]::InputEncoding = [Text.Encoding]::UTF8
$synthesiser = New-Object System.Speech.Synthesis.SpeechSynthesizer
$name = $env:SPEECH_VOICE
if (-not $name) {{
    $norwegian = @($synthesiser.GetInstalledVoices() | Where-Object {{
        $_.VoiceInfo.Culture.Name -in 'nb-NO', 'nn-NO' }})
    if (-not $norwegian) {{ exit {NO_NORWEGIAN_VOICE} }}
    $name = $norwegian[0].VoiceInfo.Name
}}
$synthesiser.SelectVoice($name)
$synthesiser.Rate = [int]$env:SPEECH_RATE
$synthesiser.SetOutputToWaveFile($env:SPEECH_FILE)
$synthesiser.Speak([Console]::In.ReadToEnd())
$synthesiser.Dispose()
"""


class SystemSynthesiser:
    """A Synthesiser that starts the system's own program for each sentence."""

    def __init__(self, voice: str = "", platform: str = sys.platform) -> None:
        """voice: a name that the system knows; "" takes its Norwegian one (macOS: Nora).
        platform: as `sys.platform`; another one only in tests.
        """
        self._voice = voice
        self._platform = platform

    def speak(self, text: str, rate: float = 1.0) -> Speech:
        """Raises PartError (SYNTHESISER_MISSING, SYNTHESISER_FAILED)."""
        words_per_minute = str(round(WORDS_PER_MINUTE * rate))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "sentence.wav"
            if self._platform == "win32":
                names = {"VOICE": self._voice, "RATE": _steps(rate), "FILE": str(file)}
                settings = {f"SPEECH_{name}": value for name, value in names.items()}
                command = ["powershell", "-NoProfile", "-NonInteractive", "-Command", _WINDOWS]
                _run(command, text, settings)
            elif self._platform == "darwin":
                form = ["--file-format=WAVE", "--data-format=LEI16@16000", "-o", str(file)]
                voice = self._voice or "Nora"
                _run(["say", "-v", voice, "-r", words_per_minute, *form, "-f", "-"], text)
            else:
                voice = self._voice or "nb"
                command = ["espeak-ng", "-v", voice, "-s", words_per_minute, "--stdin", "--stdout"]
                return _decoded(_run(command, text))
            return _decoded(file.read_bytes() if file.is_file() else b"")


def _steps(rate: float) -> str:
    """Relative speed 0.5 to 2 as SAPI's steps."""
    return str(max(-10, min(10, round(10 * (rate - 1)))))


def _run(command: Sequence[str], text: str, settings: Mapping[str, str] | None = None) -> bytes:
    """What the program writes to its standard output when it is given `text`."""
    try:
        done = subprocess.run(
            command,
            input=text.encode(),
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
            env={**os.environ, **(settings or {})},
        )
    except OSError as error:
        raise PartError(Fault.SYNTHESISER_MISSING, name=command[0]) from error
    except subprocess.TimeoutExpired as error:
        raise PartError(Fault.SYNTHESISER_FAILED, detail="TimeoutExpired") from error
    if done.returncode == NO_NORWEGIAN_VOICE:
        raise PartError(Fault.SYNTHESISER_MISSING, name=command[0])
    if done.returncode:
        raise PartError(Fault.SYNTHESISER_FAILED, detail=f"exit status {done.returncode}")
    return done.stdout


def _decoded(file: bytes) -> Speech:
    try:
        return Speech(wav.decode(file))
    except ValueError as error:
        raise PartError(Fault.SYNTHESISER_FAILED, detail="WAV") from error
