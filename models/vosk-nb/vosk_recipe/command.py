"""The recipe as one command: read, align, train, export, build the graphs, calibrate, verify."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.voice.commands import Grammar
from bench.hearing import shipped_commands, states
from bench.make_sounds import pronunciation

from .corpus import Example, Piece, pieces, recorded_examples, synthetic_examples
from .kaldi_text import read_network
from .network import Network, load, save
from .pronounce import Pronouncer
from .readers import READERS, Clip

HOME = Path(__file__).parents[1]


def main() -> None:
    """Everything, or from `--network` on."""
    arguments = _arguments()
    pronouncer = Pronouncer(pronunciation())
    network = _kept(arguments.network) or _trained(arguments, pronouncer)
    say(f"{sum(layer.weights.size for layer in network)} weights")
    from .finish import finish  # Here, because training should not need libvosk.

    grammars = states(shipped_commands())
    finish(arguments.out, network, pronouncer, grammars, _common(arguments.lexicon), say)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in READERS:
        parser.add_argument(f"--{name}", type=Path, metavar="FOLDER", help=f"recordings: {name}")
    add = parser.add_argument
    add("--utterances", type=int, default=5000, help="synthetic ones in an epoch (%(default)s)")
    add("--epochs", type=int, default=12, help="(%(default)s)")
    add("--hidden", type=int, default=192, help="width of the network (%(default)s)")
    add("--vocabulary", type=int, default=12000, help="words for synthetic speech (%(default)s)")
    add("--lexicon", type=int, default=1200, help="common words known at run time (%(default)s)")
    add("--network", type=Path, help="skip training: a kept .npz, or a final.mdl")
    add("--save", type=Path, help="where to keep the trained network (.npz)")
    add("--out", type=Path, default=HOME, help="the model's folder (%(default)s)")
    return parser.parse_args()


def _kept(path: Path | None) -> Network | None:
    if path is None:
        return None
    return load(path) if path.suffix == ".npz" else read_network(path.read_text("ascii"))


def _trained(arguments: argparse.Namespace, pronouncer: Pronouncer) -> Network:
    """Synthetic speech alone; with recordings, a second time on both, aligned by the first."""
    from .training import train  # Here, because only training needs torch.

    phrases = Grammar(shipped_commands()).phrases
    vocabulary = _common(arguments.vocabulary)
    begun = time.process_time()

    def made(seed: int) -> list[Example]:
        return synthetic_examples(pronouncer, phrases, vocabulary, arguments.utterances, seed)

    network = train(made, arguments.epochs, arguments.hidden, say)
    clips = list(_clips(arguments))
    if clips:
        recorded = list(pieces(clips, pronouncer, network, _left_out))
        say(f"{len(clips)} recordings, {len(recorded)} pieces that fit their text")
        network = train(
            lambda seed: _both(made(seed), recorded, seed), arguments.epochs, arguments.hidden, say
        )
    if arguments.save:
        save(network, arguments.save)
    say(f"trained in {time.process_time() - begun:.0f} s of CPU")
    return network


def _both(made: list[Example], recorded: Sequence[Piece], seed: int) -> list[Example]:
    return made + recorded_examples(recorded, seed)


def _clips(arguments: argparse.Namespace) -> Iterator[Clip]:
    for name, reader in READERS.items():
        folder: Path | None = getattr(arguments, name.replace("-", "_"))
        if folder is not None:
            yield from reader(folder)


def _left_out(clip: Clip) -> None:
    say(f"left out: {clip.path.name}")


def _common(count: int) -> list[str]:
    """The commonest Norwegian words, from the package `wordfreq` (extra `train`)."""
    from wordfreq import top_n_list

    return [word for word in top_n_list("nb", count) if word.isalpha() and len(word) > 1]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
