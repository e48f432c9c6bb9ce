"""What a machine must have besides Python: a few system libraries and a browser."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A Debian package, and how to see that what it brings is there, however it came."""

    name: str
    present: Callable[[], bool]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _on_path(program: str) -> bool:
    return shutil.which(program) is not None


def _has_alsa_plugin() -> bool:
    return any(Path("/usr").glob("lib*/**/alsa-lib/libasound_module_pcm_pulse.so"))


def chromium() -> str | None:
    """The first Chromium that starts, as a path. The variable CHROMIUM names one that goes first.

    Ubuntu's is a snap, which cannot see the temporary folders that a test's browser works in, and
    in a container it is only a stub; so snaps do not count.
    """
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    for name in [os.environ.get("CHROMIUM", ""), *names]:
        path = shutil.which(name)
        if path is not None and not _is_snap(Path(path)) and _starts(path):
            return path
    return None


def _is_snap(program: Path) -> bool:
    if "snap" in program.parts or program.resolve().name == "snap":
        return True
    with program.open("rb") as file:
        return b"/snap/bin/" in file.read(4096)


def _starts(program: str) -> bool:
    try:
        subprocess.run([program, "--version"], capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


PORTAUDIO = Package("libportaudio2", lambda: _loads("libportaudio.so.2"))
PULSEAUDIO = Package("pulseaudio", lambda: _on_path("pulseaudio"))
PULSEAUDIO_UTILS = Package("pulseaudio-utils", lambda: _on_path("pactl"))
ALSA_PLUGINS = Package("libasound2-plugins", _has_alsa_plugin)
CHROMIUM = Package("chromium", lambda: chromium() is not None)

FIREFOX = Package("firefox-esr", lambda: _on_path("firefox-esr") or "FIREFOX" in os.environ)

COTURN = Package("coturn", lambda: _on_path("turnserver"))
"""The relay of the tests. Where there is systemd, its package starts a service for everybody on the
network: that is not for us to do on somebody's machine."""

SOUND_TESTS = (PULSEAUDIO, PULSEAUDIO_UTILS, ALSA_PLUGINS)


def missing(what: str) -> list[str]:
    """The Debian packages that `demo` or `test` would need and that are not there.

    None outside Linux: the wheels for Windows and macOS bring PortAudio with them, and the tests
    with a sound server are for Linux.
    """
    if sys.platform != "linux":
        return []
    needed = [PORTAUDIO]
    if what == "test":
        needed += SOUND_TESTS
        if has_chromium_package():
            needed += (CHROMIUM, FIREFOX)
        if not Path("/run/systemd/system").exists():
            needed.append(COTURN)
    return [package.name for package in needed if not package.present()]


def has_chromium_package() -> bool:
    """Whether the system's own packages have a Chromium; in Ubuntu's there is only a snap."""
    try:
        ubuntu = platform.freedesktop_os_release()["ID"] == "ubuntu"
    except OSError:
        return False
    return not ubuntu and _on_path("apt-get")


def as_root() -> list[str] | None:
    """What to put before a command that needs root; None when we may not."""
    if sys.platform == "win32" or not _on_path("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    return sudo if _on_path("sudo") and _allowed(sudo) else None


def _allowed(sudo: list[str]) -> bool:
    return subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0


def apt(*arguments: str) -> list[str]:
    """An apt-get command that asks nothing, waits for another apt-get, and removes nothing.

    Removes nothing, because on a desktop PulseAudio would replace the sound server in use.
    """
    quiet = ["-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    install = ["--no-install-recommends", "--no-remove"] if arguments[0] == "install" else []
    # `env`, because sudo would drop the variable.
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *quiet]
    return [*command, arguments[0], *install, *arguments[1:]]
