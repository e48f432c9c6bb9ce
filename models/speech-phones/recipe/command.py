"""The recipe as one command: speak, spoil, hear, train, export."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from agent.faults import Fault, PartError
from agent.voice.backends.phone_table import read_table
from agent.voice.backends.phones import PhoneRecogniser
from agent.voice.backends.whisper_files import CTRANSLATE2
from agent.voice.backends.whisper_weights import Whisper

from .families import families
from .folder import HOME, MODEL, WHISPER, read_weights, write_model


def main() -> None:
    """Everything. Ends with a message when Whisper's weights are not there."""
    arguments = _arguments()
    whisper = _weights(arguments.whisper)
    # Here, because the tables of this folder should not need torch.
    from .corpus import gather
    from .export import encoder_onnx, network_onnx
    from .features import Hearing
    from .training import EPOCHS, loss_of, train

    begun = time.process_time()
    table = read_table(HOME / MODEL)
    corpus = gather(
        families(table.spelling),
        Hearing(encoder_onnx(whisper)),
        np.random.default_rng(arguments.seed),
        say,
        arguments.quick,
    )
    say(f"{len(corpus.learnt)} to learn from, {len(corpus.held_out)} held out")
    head = train(corpus.learnt, 1 if arguments.quick else EPOCHS, arguments.seed, say)
    say(f"held-out loss: {loss_of(head, corpus.held_out):.3f} for each sound")
    sha256 = write_model(arguments.out, network_onnx(whisper, head, table.numbers))
    PhoneRecogniser(str(arguments.out / MODEL)).prepare(())  # Loads, and fits its manifest.
    say(f"{arguments.out / MODEL}: SHA-256 {sha256}")
    say(f"{time.process_time() - begun:.0f} s of CPU")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="little speech and one epoch: does every step work?")
    add("--whisper", type=Path, default=WHISPER / CTRANSLATE2, help="its weights (%(default)s)")
    add("--out", type=Path, help="the model's folder (this one; with --quick, a temporary one)")
    add("--seed", type=int, default=0, help="another one makes another network (%(default)s)")
    arguments = parser.parse_args()
    scratch = Path(tempfile.gettempdir()) / "speech-phones-quick"
    arguments.out = arguments.out or (scratch if arguments.quick else HOME)
    return arguments


def _weights(path: Path) -> Whisper:
    try:
        return read_weights(path)
    except PartError as error:
        if error.fault is not Fault.MODEL_MISSING:
            raise
        sys.exit(f"{path} is not there; get it: python -m agent models get whisper-base")


def say(line: str) -> None:
    """To the person who waits."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
