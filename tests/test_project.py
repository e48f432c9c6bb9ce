"""The lock, the scripts and the tracked files: what a stranger's machine depends on."""

import os
import re
import string
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.source_tree import ROOT, modules

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

NOT_OURS = {".git", ".venv", "node_modules", "__pycache__", "build", "dist"}


def locked() -> list[tuple[str, str, int]]:
    """Name, version and number of hashes of every entry of the lock."""
    entries = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    found: list[tuple[str, str, int]] = []
    for entry in entries:
        match = re.match(r"([\w.-]+)==([\w.+!]+)", entry)
        assert match, f"not a pinned package: {entry.splitlines()[0]}"
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)
        found.append((canonicalize_name(match[1]), match[2], len(hashes)))
    return found


def wanted() -> list[Requirement]:
    """Everything that pyproject.toml asks for, to run, to develop and to build."""
    project = PROJECT["project"]
    extras = project["optional-dependencies"]["dev"]
    return list(
        map(Requirement, [*project["dependencies"], *extras, *PROJECT["build-system"]["requires"]])
    )


def tracked() -> list[Path]:
    """Every file that git knows or would take in; without git, all that looks like ours."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "-c", "-o", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, timeout=30, text=True)
    except (OSError, subprocess.SubprocessError):
        return [
            path
            for path in ROOT.glob("**/*")
            if path.is_file() and not NOT_OURS & set(path.relative_to(ROOT).parts)
        ]
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in files if path.is_file()]


def test_every_locked_package_has_a_hash() -> None:
    assert locked()
    assert not [name for name, _, hashes in locked() if not hashes]


def test_the_lock_names_no_address() -> None:
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]

    assert not [line for line in lines if "://" in line or " @ " in line]
    # The only options are hashes: no index, no folder of wheels, no other file.
    assert not [line for line in lines if re.search(r"(^|\s)-(?!-hash=)", line)]


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_the_lock_fulfils_the_project(requirement: Requirement) -> None:
    """If not: run scripts/lock."""
    versions = [
        version for name, version, _ in locked() if name == canonicalize_name(requirement.name)
    ]

    assert versions, f"{requirement.name} is not in requirements.lock"
    assert all(requirement.specifier.contains(version) for version in versions)


def test_every_library_that_we_import_is_asked_for() -> None:
    """Not only there by chance, because another library needs it."""
    project = PROJECT["project"]
    extras = [
        line
        for name, lines in project["optional-dependencies"].items()
        for line in lines
        if name != "dev"
    ]
    asked = {
        canonicalize_name(Requirement(line).name) for line in [*project["dependencies"], *extras]
    }
    providers = packages_distributions()
    missing = []
    for module in modules():
        for line, imported in module.imports():
            library = imported.partition(".")[0]
            if library in sys.stdlib_module_names or library in ("agent", "__future__"):
                continue
            if not asked & set(map(canonicalize_name, providers.get(library, [library]))):
                missing.append(f"{module.file}:{line}: {library}")

    assert not missing, "not in pyproject.toml"


@pytest.mark.parametrize("name", ["demo", "test", ".ci/run", "scripts/start", "scripts/lock"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has .ps1 files instead")
def test_a_script_can_be_run(name: str) -> None:
    script = ROOT / name

    assert os.access(script, os.X_OK)
    assert subprocess.run(["sh", "-n", script], check=False, timeout=10).returncode == 0


def test_both_written_forms_say_the_same_things() -> None:
    """Every text of the set-up is there in bokmål and nynorsk, with the same placeholders."""
    forms = [setup_texts(form) for form in ("nb", "nn")]

    assert forms[0] == forms[1]


def setup_texts(form: str) -> dict[str, set[str | None]]:
    """Key -> placeholders."""
    lines = (ROOT / f"config/setup.{form}.txt").read_text("utf-8").splitlines()
    texts = [line.split(" = ", 1) for line in lines if line and not line.startswith("#")]
    return {
        key: {field for _, field, _, _ in string.Formatter().parse(text)} for key, text in texts
    }


def test_every_text_of_the_setup_is_used_and_there() -> None:
    sources = [
        ROOT / "scripts" / name
        for name in ("start", "setup.py", "conformance.py", "check.py", "terminal.py")
    ]
    code = "\n".join(path.read_text("utf-8") for path in sources)
    asked = set(re.findall(r'(?:tell\("|TEXTS\["|message )(\w+)', code))
    asked |= set(re.findall(r'"(check_\w+|all_ok|some_failed)"', code))

    assert asked == set(setup_texts("nb"))


def test_no_file_names_a_machine_or_an_index() -> None:
    """Paths of somebody's machine and hosts of package indexes hold on no other machine."""
    # Put together here, so that this file does not name them.
    folders = [f"/{name}/" for name in ("work", "root", "home", "Users")]
    hosts = ["pypi" + ".org", "python" + "hosted.org", "registry" + ".npmjs", "deb" + ".debian.org"]
    forbidden = re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, folders + hosts)) + ")")
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "ignore")
        found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in forbidden.finditer(text)]

    assert not found


@pytest.mark.parametrize(
    ("stub", "works"),
    [
        ("echo Chromium 156", True),
        ("exit 1", False),
        ("exec /snap/bin/chromium", False),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the stubs are shell scripts")
def test_only_a_chromium_that_works_is_taken(tmp_path: Path, stub: str, works: bool) -> None:
    """Ubuntu's is a snap, or a stub for one: it starts, but cannot drive a test's page."""
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\n{stub}\n", "utf-8")
    program.chmod(0o755)

    found = subprocess.run(
        [sys.executable, "-c", "import machine; print(machine.chromium())"],
        cwd=ROOT / "scripts",
        env={"PATH": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )

    assert found.stdout.strip() == (str(program) if works else "None")


def test_no_library_reports_home() -> None:
    """onnxruntime from 1.30 on keeps a device id on disk and has telemetry built in."""
    import onnxruntime

    libraries = list(Path(onnxruntime.__file__).parent.glob("capi/*pybind11_state*"))
    assert libraries
    for library in libraries:
        assert b"telemetry_1ds" not in library.read_bytes(), library.name
