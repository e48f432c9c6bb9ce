"""What is written about the project is true: paths exist, and what is generated is up to date."""

import re
from pathlib import Path

import pytest
from make_docs import CARD, COVERAGE, card, coverage, printed

from agent.config.settings import Settings
from agent.messages import Command
from agent.printing.groups import GROUPS

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/administrator.md", "docs/kommandokort.md", "models/README.md")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", text(page)):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target


def test_the_command_card_is_made_from_the_configuration() -> None:
    assert CARD.read_text(encoding="utf-8") == card(), "run scripts/make_docs.py"


def test_what_covers_the_procedure_is_made_from_the_configuration() -> None:
    assert COVERAGE.read_text(encoding="utf-8") == coverage(), "run scripts/make_docs.py"


@pytest.mark.parametrize(("page", "body"), printed().items(), ids=lambda x: getattr(x, "name", ""))
def test_what_is_printed_is_made_from_the_configuration_and_is_one_page(
    page: Path, body: bytes
) -> None:
    assert page.read_bytes() == body, "run scripts/make_docs.py"
    assert len(re.findall(rb"/Type /Page\b", body)) == 1


def test_every_command_is_on_the_card() -> None:
    on_it = [command for _, commands in GROUPS for command in commands]
    assert sorted(on_it) == sorted(set(Command) - {Command.TAKE_PHOTO})


def test_the_map_names_every_room() -> None:
    drawn = text("README.md").split("```\nagent/", 1)[1].split("```", 1)[0]
    for path in sorted((ROOT / "agent").iterdir()):
        if path.stem not in {"__init__", "__pycache__"}:
            assert re.search(rf"  {path.stem}\b", drawn), f"{path.stem} is not there"


def test_the_readme_names_only_files_that_exist() -> None:
    for path in re.findall(
        r"`((?:agent|config|tests|bench|scripts|docs)/[\w./-]+)`", text("README.md")
    ):
        assert (ROOT / path).exists(), path


def test_the_administrators_examples_are_valid_settings() -> None:
    from agent.config import strict_yaml

    for block in re.findall(r"```yaml\n(.*?)```", text("docs/administrator.md"), re.DOTALL):
        value, _ = strict_yaml.parse(block, "example.yaml")
        Settings.model_validate(value)
