"""The words of the command line and what they mean; the help is in `config/pages/cli.yaml`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

USAGE_ERROR = 2

MODEL_ACTIONS = ("list", "get", "verify", "use")


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser whose own few words come from the configuration, too."""

    words: Mapping[str, str] = {}

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, self.words["bad_arguments"].format(program=self.prog) + "\n")

    def format_usage(self) -> str:
        return super().format_usage().replace("usage:", f"{self.words['usage']}:")

    def format_help(self) -> str:
        return super().format_help().replace("usage:", f"{self.words['usage']}:")


def parse(
    arguments: Sequence[str] | None, words: Mapping[str, str], config: Path
) -> argparse.Namespace:
    """Read the command line. Exits with status 2 when it makes no sense."""
    _Parser.words = words
    parser = _Parser(prog="hodekamera", description=words["description"], add_help=False)
    _common(parser, words, config)
    commands = parser.add_subparsers(
        dest="command", required=True, title=words["commands"], metavar="", parser_class=_Parser
    )

    def add(name: str) -> argparse.ArgumentParser:
        text = words[f"help_{name}"]
        command = commands.add_parser(name, help=text, description=text, add_help=False)
        _common(command, words, argparse.SUPPRESS)
        return command

    demo = add("demo")
    demo.add_argument("--live", action="store_true", help=words["help_live"])
    demo.add_argument("--fast", action="store_true", help=words["help_fast"])
    demo.add_argument("--no-browser", action="store_true", help=words["help_no_browser"])
    run = add("run")
    run.add_argument("--meeting", metavar="pexip|whip", help=words["help_meeting"])
    add("type").add_argument("text", nargs="+", help=words["help_text"])
    check = add("check")
    check.add_argument("--show", action="store_true", help=words["help_show"])
    check.add_argument("--sound", action="store_true", help=words["help_sound"])
    check.add_argument("--light", action="store_true", help=words["help_light"])
    add("devices")
    practice = add("practice")
    practice.add_argument("--lan", action="store_true", help=words["help_lan"])
    add("probe").add_argument("address", nargs="?", metavar="ADDRESS", help=words["help_address"])
    add("print").add_argument("folder", type=Path, metavar="FOLDER", help=words["help_folder"])
    models = add("models").add_argument_group(words["arguments"])
    models.add_argument("action", choices=MODEL_ACTIONS, help=words["help_models_action"])
    models.add_argument("name", nargs="?", metavar="NAME", help=words["help_models_name"])
    models.add_argument("--sha256", metavar="SUM", help=words["help_sha256"])
    models.add_argument("--from", type=Path, dest="own", metavar="FILE", help=words["help_from"])
    listen = add("listen")
    listen.add_argument(
        "--file", type=Path, nargs="+", metavar="FILE.wav", help=words["help_listen_file"]
    )
    listen.add_argument("--state", metavar="NAME", help=words["help_state"])
    what = listen.add_mutually_exclusive_group()
    what.add_argument("--enrol", nargs="*", metavar="PHRASE", help=words["help_enrol"])
    what.add_argument("--profile", action="store_true", help=words["help_profile"])
    what.add_argument("--forget", action="store_true", help=words["help_forget"])
    bench = add("bench-words")
    bench.add_argument("table", type=Path, metavar="TABLE.tsv", help=words["help_table"])
    bench.add_argument("--recogniser", metavar="NAME", help=words["help_recogniser"])
    bench.add_argument("--engines", metavar="NAME,NAME|all", help=words["help_engines"])
    bench.add_argument("--segment", action="store_true", help=words["help_segment"])
    bench.add_argument("--out", type=Path, metavar="FOLDER", help=words["help_out"])
    return parser.parse_args(sys.argv[1:] if arguments is None else arguments)


def _common(parser: argparse.ArgumentParser, words: Mapping[str, str], config: Path | str) -> None:
    """What may stand before and after the command's name."""
    suppress = config == argparse.SUPPRESS
    lists: str | list[str] = argparse.SUPPRESS if suppress else []
    group = parser.add_argument_group(words["options"])
    group.add_argument("-h", "--help", action="help", help=words["help"])
    group.add_argument("--config", type=Path, default=config, help=words["help_config"])
    group.add_argument(
        "--settings", type=Path, action="append", default=lists, help=words["help_settings"]
    )
    group.add_argument(
        *("-v", "--verbose"),
        action="store_true",
        default=argparse.SUPPRESS if suppress else False,
        help=words["help_verbose"],
    )
    group.add_argument("--set", action="append", default=lists, help=words["help_set"])
