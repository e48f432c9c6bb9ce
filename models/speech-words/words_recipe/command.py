"""The recipe as one command: weights and vocabulary in, six files and their sums out."""

import argparse
import json
import re
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
from recipe.folder import WHISPER, read_weights
from recipe.layers import LAYERS

from agent.faults import Fault, PartError
from agent.models.manifest import MANIFEST
from agent.voice.backends import words
from agent.voice.backends.whisper_files import CTRANSLATE2
from agent.voice.backends.whisper_graphs import decoder_graph, head_graph, upper_graph
from agent.voice.backends.whisper_store import TOKENS
from agent.voice.backends.whisper_tokens import Tokeniser

from . import tokens

HOME = Path(__file__).parents[1]

WORDS = 50_000
"""So many of the commonest Norwegian words are written as with the whole vocabulary."""


def main() -> None:
    """Everything. Ends with a message when Whisper's weights are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whisper", type=Path, default=WHISPER, help="its folder (%(default)s)")
    parser.add_argument("--out", type=Path, default=HOME, help="the model's folder (%(default)s)")
    arguments = parser.parse_args()
    try:
        write(arguments.whisper, arguments.out)
    except PartError as error:
        if error.fault is not Fault.MODEL_MISSING:
            raise
        sys.exit(f"{error.values['file']}: get it: python -m agent models get whisper-base")


def write(whisper: Path, out: Path, words_of: str = "nb", told: str = "no") -> None:
    """The model's files in the folder `out`.

    words_of: whose commonest words can be written as Whisper does; told: what Whisper calls the
    language. Raises PartError (MODEL_MISSING, MODEL_FILE_SIZE, MODEL_FILE_WRONG).
    """
    from wordfreq import top_n_list

    model = read_weights(whisper / CTRANSLATE2)
    data = json.loads((whisper / TOKENS).read_text("utf-8"))
    numbers = tokens.kept(data, Tokeniser(whisper / TOKENS), top_n_list(words_of, WORDS))
    table = model.decoder.embedding[tokens.rows(data, numbers, told)]
    out.mkdir(parents=True, exist_ok=True)
    (out / words.UPPER).write_bytes(upper_graph(model, LAYERS))
    (out / words.DECODER).write_bytes(decoder_graph(model.decoder))
    (out / words.HEAD).write_bytes(head_graph(table))
    np.save(out / words.EMBEDDING, table.astype(np.float16))
    np.save(out / words.POSITIONS, model.decoder.positions.astype(np.float16))
    smaller = json.dumps(tokens.smaller(data, numbers), ensure_ascii=False, indent=0)
    (out / words.TOKENS).write_text(smaller + "\n", "utf-8")
    manifest = (HOME / MANIFEST).read_text("utf-8")
    (out / MANIFEST).write_text(with_sums(manifest, out), "utf-8")


def with_sums(manifest: str, folder: Path) -> str:
    """A manifest's text with the files' present sizes and sums; all else stays as it is."""
    contents = {name: (folder / name).read_bytes() for name in words.FILES}
    lines = "".join(
        f"  - {{name: {name}, bytes: {len(content)}, sha256: {sha256(content).hexdigest()}}}\n"
        for name, content in contents.items()
    )
    fresh, count = re.subn(r"^files:\n(?:  - .*\n)+", f"files:\n{lines}", manifest, flags=re.M)
    if count != 1:
        raise ValueError("no list of files in the manifest")
    return fresh
