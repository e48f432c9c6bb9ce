"""A Whisper with random weights, written in both file formats, and computed the plain way.

The plain way is one token sequence at a time, step by step from the paper's description, with
nothing shared, nothing quantised and none of the product's code.
"""

import hashlib
import json
import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH, HEADS, BLOCKS, BANDS = 128, 2, 2, 80
END, START, NORWEGIAN, TRANSCRIBE, NO_TIMES = range(262, 267)
SPECIAL = ("<|endoftext|>", "<|startoftranscript|>", "<|no|>", "<|transcribe|>", "<|notimestamps|>")
MERGES = ("s t", "Ġ st", "a r", "ar t", "Ġst art", "v i")
VOCABULARY = 270

Array = npt.NDArray[np.float32]
Arrays = dict[str, Array]


def byte_letters() -> list[str]:
    """GPT-2's letter for each byte."""
    plain = {*range(33, 127), *range(161, 173), *range(174, 256)}
    extra = iter(range(256, 512))
    return [chr(byte if byte in plain else next(extra)) for byte in range(256)]


def tokeniser() -> dict[str, Any]:
    """A `tokenizer.json`: the bytes, some merges, the special tokens."""
    merged = [pair.replace(" ", "") for pair in MERGES]
    vocabulary = {piece: number for number, piece in enumerate([*byte_letters(), *merged])}
    added = [{"id": END + number, "content": text} for number, text in enumerate(SPECIAL)]
    return {"model": {"vocab": vocabulary, "merges": list(MERGES)}, "added_tokens": added}


def arrays(seed: int = 0) -> Arrays:
    """Random weights with Hugging Face's names."""
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> Array:
        return (rng.standard_normal(shape) / math.sqrt(shape[-1])).astype(np.float32)

    found: Arrays = {}
    for side, length in (("encoder", 1500), ("decoder", 448)):
        top = f"model.{side}"
        found[f"{top}.embed_positions.weight"] = some(length, WIDTH) * 3
        names = ["layer_norm"]
        for number in range(BLOCKS):
            block = f"{top}.layers.{number}"
            kinds = ["self_attn", "encoder_attn"] if side == "decoder" else ["self_attn"]
            for kind in kinds:
                for part in ("q", "k", "v", "out"):
                    found[f"{block}.{kind}.{part}_proj.weight"] = some(WIDTH, WIDTH)
                    if part != "k":
                        found[f"{block}.{kind}.{part}_proj.bias"] = some(WIDTH)
                names.append(f"layers.{number}.{kind}_layer_norm")
            names.append(f"layers.{number}.final_layer_norm")
            found[f"{block}.fc1.weight"], found[f"{block}.fc1.bias"] = some(256, WIDTH), some(256)
            found[f"{block}.fc2.weight"], found[f"{block}.fc2.bias"] = some(WIDTH, 256), some(WIDTH)
        for name in names:
            found[f"{top}.{name}.weight"] = 1 + some(WIDTH)
            found[f"{top}.{name}.bias"] = some(WIDTH)
    found["model.encoder.conv1.weight"] = some(WIDTH, BANDS, 3)
    found["model.encoder.conv2.weight"] = some(WIDTH, WIDTH, 3)
    found["model.encoder.conv1.bias"] = found["model.encoder.conv2.bias"] = some(WIDTH)
    found["model.decoder.embed_tokens.weight"] = some(VOCABULARY, WIDTH) * 4
    return found


# The two file formats


def safetensors(weights: Mapping[str, Array], kind: str = "F32") -> bytes:
    """kind: F32, F16, or BF16 (the upper half of each float32)."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in weights.items():
        match kind:
            case "BF16":
                data = (array.view(np.uint32) >> 16).astype(np.uint16).tobytes()
            case "F16":
                data = array.astype(np.float16).tobytes()
            case _:
                data = array.tobytes()
        place = [len(body), len(body) + len(data)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": place}
        body += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def ctranslate2(weights: Mapping[str, Array]) -> bytes:
    """CTranslate2's `model.bin`, in float32."""

    def text(name: str) -> bytes:
        return struct.pack("<H", len(name) + 1) + name.encode() + b"\0"

    named = _ctranslate2_names(weights)
    out = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(named))
    for name, array in named.items():
        out += text(name) + struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        out += struct.pack("<BI", 0, array.nbytes) + array.tobytes()
    alias = ("decoder/projection/weight", "decoder/embeddings/weight")
    return out + struct.pack("<I", 1) + text(alias[0]) + text(alias[1])


def _ctranslate2_names(weights: Mapping[str, Array]) -> Arrays:
    zero = np.zeros(WIDTH, np.float32)
    out: Arrays = {}

    def put(to: str, *names: str) -> None:
        """Linear layers with the same input stand in one array."""
        out[f"{to}/weight"] = np.concatenate([weights[f"{name}.weight"] for name in names])
        out[f"{to}/bias"] = np.concatenate([weights.get(f"{name}.bias", zero) for name in names])

    def norm(to: str, name: str) -> None:
        out[f"{to}/gamma"], out[f"{to}/beta"] = weights[f"{name}.weight"], weights[f"{name}.bias"]

    for side in ("encoder", "decoder"):
        top = f"model.{side}"
        out[f"{side}/position_encodings/encodings"] = weights[f"{top}.embed_positions.weight"]
        norm(f"{side}/layer_norm", f"{top}.layer_norm")
        for number in range(BLOCKS):
            old, new = f"{top}.layers.{number}", f"{side}/layer_{number}"
            own, cross = f"{old}.self_attn", f"{old}.encoder_attn"
            put(f"{new}/self_attention/linear_0", *(f"{own}.{p}_proj" for p in "qkv"))
            put(f"{new}/self_attention/linear_1", f"{own}.out_proj")
            norm(f"{new}/self_attention/layer_norm", f"{own}_layer_norm")
            if side == "decoder":
                put(f"{new}/attention/linear_0", f"{cross}.q_proj")
                put(f"{new}/attention/linear_1", f"{cross}.k_proj", f"{cross}.v_proj")
                put(f"{new}/attention/linear_2", f"{cross}.out_proj")
                norm(f"{new}/attention/layer_norm", f"{cross}_layer_norm")
            put(f"{new}/ffn/linear_0", f"{old}.fc1")
            put(f"{new}/ffn/linear_1", f"{old}.fc2")
            norm(f"{new}/ffn/layer_norm", f"{old}.final_layer_norm")
    for number in (1, 2):
        put(f"encoder/conv{number}", f"model.encoder.conv{number}")
    out["decoder/embeddings/weight"] = weights["model.decoder.embed_tokens.weight"]
    return out


def write(folder: Path, file: str = "model.bin", seed: int = 0) -> Path:
    """A whole model with its manifest; returns its folder."""
    folder.mkdir(parents=True)
    weights = arrays(seed)
    model = ctranslate2(weights) if file == "model.bin" else safetensors(weights)
    (folder / file).write_bytes(model)
    (folder / "tokenizer.json").write_text(json.dumps(tokeniser()), "utf-8")
    (folder / "model.yaml").write_text(manifest(folder, [file, "tokenizer.json"]), "utf-8")
    return folder


def manifest(folder: Path, files: Sequence[str]) -> str:
    """The manifest of the files as they are now."""
    text = f"schema: 1\nname: {folder.name}\nkind: whisper\nlicence: MIT\nfiles:\n"
    for name in files:
        data = (folder / name).read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        text += f"  - {{name: {name}, bytes: {len(data)}, sha256: {sha256}}}\n"
    return text


# The plain way


class Plain:
    """One model, computed from the arrays by their names."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._w = {name: array.astype(np.float64) for name, array in weights.items()}

    def hear(self, mel: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """mel: (bands, 2 t); result (t, d)."""
        x = _gelu(self._convolve(mel.astype(np.float64), "conv1", 1))
        x = _gelu(self._convolve(x, "conv2", 2)).T
        x = x + self._w["model.encoder.embed_positions.weight"][: len(x)]
        return self._blocks("model.encoder", x, None)

    def next_logs(
        self, heard: npt.NDArray[np.float64], tokens: Sequence[int]
    ) -> npt.NDArray[np.float64]:
        """log P(token | tokens, heard) for every token after each place: (n, vocabulary)."""
        embedding = self._w["model.decoder.embed_tokens.weight"]
        positions = self._w["model.decoder.embed_positions.weight"]
        x = self._blocks("model.decoder", embedding[list(tokens)] + positions[: len(tokens)], heard)
        logits = x @ embedding.T
        top = logits.max(axis=1, keepdims=True)
        total = np.exp(logits - top).sum(axis=1, keepdims=True)
        return np.asarray(logits - top - np.log(total))

    def score(
        self,
        heard: npt.NDArray[np.float64],
        prompt: Sequence[int],
        sequence: Sequence[int],
        ends: Sequence[int],
    ) -> float:
        """log P(sequence, one of the ends)."""
        logs = self.next_logs(heard, [*prompt, *sequence])[len(prompt) - 1 :]
        own = sum(logs[place, token] for place, token in enumerate(sequence))
        return float(own + np.log(np.exp(logs[-1][list(ends)]).sum()))

    def _convolve(
        self, x: npt.NDArray[np.float64], name: str, stride: int
    ) -> npt.NDArray[np.float64]:
        weight = self._w[f"model.encoder.{name}.weight"]
        padded = np.pad(x, ((0, 0), (1, 1)))
        out = [
            np.tensordot(weight, padded[:, at : at + 3], axes=([1, 2], [0, 1]))
            for at in range(0, x.shape[1], stride)
        ]
        return np.stack(out, axis=1) + self._w[f"model.encoder.{name}.bias"][:, np.newaxis]

    def _blocks(
        self, side: str, x: npt.NDArray[np.float64], heard: npt.NDArray[np.float64] | None
    ) -> npt.NDArray[np.float64]:
        for number in range(BLOCKS):
            name = f"{side}.layers.{number}"
            own = self._norm(f"{name}.self_attn_layer_norm", x)
            x = x + self._attend(f"{name}.self_attn", own, own, forward_only=heard is not None)
            if heard is not None:
                own = self._norm(f"{name}.encoder_attn_layer_norm", x)
                x = x + self._attend(f"{name}.encoder_attn", own, heard, forward_only=False)
            inner = self._norm(f"{name}.final_layer_norm", x)
            x = x + self._linear(f"{name}.fc2", _gelu(self._linear(f"{name}.fc1", inner)))
        return self._norm(f"{side}.layer_norm", x)

    def _attend(
        self,
        name: str,
        x: npt.NDArray[np.float64],
        seen: npt.NDArray[np.float64],
        *,
        forward_only: bool,
    ) -> npt.NDArray[np.float64]:
        query = self._linear(f"{name}.q_proj", x)
        key, value = self._linear(f"{name}.k_proj", seen), self._linear(f"{name}.v_proj", seen)
        size = WIDTH // HEADS
        outs = []
        for head in range(HEADS):
            own = slice(head * size, (head + 1) * size)
            likeness = query[:, own] @ key[:, own].T / math.sqrt(size)
            if forward_only:
                likeness[np.triu_indices(len(x), 1)] = -np.inf
            weights = np.exp(likeness - likeness.max(axis=1, keepdims=True))
            outs.append(weights / weights.sum(axis=1, keepdims=True) @ value[:, own])
        return self._linear(f"{name}.out_proj", np.concatenate(outs, axis=1))

    def _linear(self, name: str, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(x @ self._w[f"{name}.weight"].T + self._w.get(f"{name}.bias", 0.0))

    def _norm(self, name: str, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        apart = x - x.mean(axis=1, keepdims=True)
        level = np.sqrt((apart**2).mean(axis=1, keepdims=True) + 1e-5)
        return np.asarray(apart / level * self._w[f"{name}.weight"] + self._w[f"{name}.bias"])


def _gelu(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))
