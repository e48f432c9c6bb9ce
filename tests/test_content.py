"""Everything in `config/` besides the settings, read and checked together."""

import shutil
from pathlib import Path

import pytest

from agent.config.content import load_content, rules
from agent.config.problems import ConfigError
from agent.config.settings import Settings
from agent.messages import Command
from agent.session import ListId

CONFIG = Path(__file__).parent.parent / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_the_projects_own_content_is_whole(language: str) -> None:
    settings = Settings.model_validate({"language": language})

    content = load_content(CONFIG, settings)

    assert set(content.shown) == set(Command)
    assert set(content.checklists) == {name.value for name in ListId}
    assert content.shown[Command.CONFIRM] == {"nb": "bekreft", "nn": "stadfest"}[language]
    assert rules(settings, content).checklists == content.checklists


def test_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    broken = ["texts.yaml", "errors.yaml", "commands.yaml", "pronunciation.yaml"]
    broken += ["checklists/oppstart.yaml", "pages/cli.yaml"]
    for name in broken:
        (folder / name).write_text("a: [", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_content(folder, Settings())

    told = [problem.place.file for problem in caught.value.problems]
    assert sorted(told) == sorted(Path(name).name for name in broken)


def test_a_folder_that_is_not_there_names_every_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_content(tmp_path, Settings())

    assert {"texts.yaml", "errors.yaml", "commands.yaml"} <= {
        problem.place.file for problem in caught.value.problems
    }


def test_the_settings_decide_what_holds_in_a_consultation() -> None:
    settings = Settings.model_validate(
        {
            "meeting": {"require_locked": "hold", "announce_newcomers": False},
            "consultation": {"undo_s": 7.5, "lobby_reminder_s": 60},
        }
    )

    decided = rules(settings, load_content(CONFIG, settings))

    assert decided.hold_until_locked
    assert not decided.announce_newcomers
    assert (decided.undo_s, decided.lobby_reminder_s) == (7.5, 60)
