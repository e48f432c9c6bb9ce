"""The command line: see `agent.cli.commands`."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 good, 1 the answer is no, 2 it could not be done."""
    # Not at the top: the process of each engine imports this module anew, as every process that
    # is spawned does, and would otherwise load the whole agent before its engine (0.5 s).
    from agent.cli.commands import run_command

    return run_command(arguments)


if __name__ == "__main__":
    sys.exit(main())
