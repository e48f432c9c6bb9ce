"""The model's folder: what Vosk reads, one graph for each state of a session, and the manifest."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from .features import MFCC_CONF
from .graphs import any_words, phrase_symbol, static_graph, word_loop, word_table
from .kaldi_text import final_mdl
from .network import STRIDE, Network
from .phones import SILENCE, kaldi_id
from .pronounce import Pronouncer, words_of

MODEL_CONF = f"""--min-active=200
--max-active=2000
--beam=16.0
--lattice-beam=8.0
--acoustic-scale=1.0
--frame-subsampling-factor={STRIDE}
--endpoint.silence-phones={kaldi_id(SILENCE)}
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.6
--endpoint.rule4.min-trailing-silence=1.0
"""

MANIFEST = "model.yaml"

MADE = ("am", "conf", "graph", "states")
"""The folders whose files are the model."""


def write_model(folder: Path, network: Network) -> None:
    """The acoustic model and its configuration."""
    _write(folder / "am" / "final.mdl", final_mdl(network).encode("ascii"))
    _write(folder / "conf" / "mfcc.conf", MFCC_CONF.encode("ascii"))
    _write(folder / "conf" / "model.conf", MODEL_CONF.encode("ascii"))


def write_run_time_graph(folder: Path, pronouncer: Pronouncer, vocabulary: Iterable[str]) -> None:
    """HCLr.fst and Gr.fst: Vosk then takes any grammar over the vocabulary at run time."""
    lexicon = {word: pronouncer.variants([word]) for word in sorted(set(vocabulary))}
    lexicon = {word: said for word, said in lexicon.items() if all(said)}
    words = word_table(lexicon)
    graph = folder / "graph"
    _write(graph / "words.txt", _table(words))
    # Sorted by output, so that libvosk can match it with the grammar.
    _write(graph / "HCLr.fst", word_loop(lexicon, words).encoded(sort_by_output=True))
    _write(graph / "Gr.fst", any_words(words).encoded())
    _write(graph / "disambig_tid.int", b"\n")  # None are needed.


def write_state_graphs(
    folder: Path, pronouncer: Pronouncer, states: Iterable[Sequence[str]]
) -> None:
    """One HCLG.fst for the phrases of each state; `states.json` says which phrases are where."""
    index = []
    for number, phrases in enumerate(sorted(states, key=lambda each: (len(each), each))):
        name = f"{number:02}"
        symbols = {phrase_symbol(phrase): phrase for phrase in phrases}
        words = word_table(symbols)
        said = {symbol: pronouncer.variants(words_of(text)) for symbol, text in symbols.items()}
        _write(folder / "states" / name / "words.txt", _table(words))
        _write(folder / "states" / name / "HCLG.fst", static_graph(said, words).encoded())
        index.append({"graph": name, "phrases": list(phrases)})
    text = json.dumps(index, ensure_ascii=False, indent=0)
    _write(folder / "states" / "states.json", text.encode("utf-8"))


def write_manifest(folder: Path, described: Mapping[str, object]) -> None:
    """`model.yaml`: what is described, and size and SHA-256 of every file."""
    paths = sorted(path for name in MADE for path in (folder / name).rglob("*") if path.is_file())
    files = [
        {
            "name": path.relative_to(folder).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in paths
    ]
    whole = {"schema": 1, **described, "files": files}
    text = yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=96)
    head = "# What this model is, and how to know that its files are right. Written by make.py.\n"
    _write(folder / MANIFEST, (head + text).encode("utf-8"))


def _table(words: Mapping[str, int]) -> bytes:
    return "".join(f"{word} {number}\n" for word, number in words.items()).encode("utf-8")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
