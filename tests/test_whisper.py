"""The Whisper engine, on a Whisper with random weights: the real ones are not in the repository."""

import json
import pickle
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.faults import Fault, PartError
from agent.frames import SAMPLE_RATE, Samples
from agent.voice.backends import whisper_store
from agent.voice.backends.whisper import WhisperRecogniser
from agent.voice.backends.whisper_files import read_whisper
from agent.voice.backends.whisper_layers import WEIGHT_TOP, quantise
from agent.voice.backends.whisper_mel import log_mel, mel_filters
from agent.voice.backends.whisper_network import LONGEST_FREE, Graphs, WhisperNetwork
from agent.voice.backends.whisper_phrases import PRIOR_WEIGHT
from agent.voice.backends.whisper_scorer import WhisperScorer
from agent.voice.backends.whisper_store import KEPT, build_graphs, load_graphs
from agent.voice.backends.whisper_tokens import Tokeniser
from agent.voice.backends.whisper_tree import UNSEEN, tree_of
from agent.voice.base import NO_CHANCE, Utterance
from tests import tiny_whisper
from tests.tiny_whisper import BANDS, END, Plain

PROMPT = (263, 264, 265, 266)
ENDS = (END, ord("."))
PHRASES = ("start video", "avslutt video", "nei")
SEQUENCES = [(1, 2, 3), (1, 2, 4, 5), (1,), (), (200, 7), (1, 2, 3)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.write(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def recogniser(model: Path) -> WhisperRecogniser:
    engine = WhisperRecogniser(str(model))
    engine.prepare(PHRASES)
    return engine


@pytest.fixture(scope="module")
def tokens(model: Path) -> Tokeniser:
    return Tokeniser(model / "tokenizer.json")


def noise(seconds: float, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    return rng.integers(-9000, 9000, round(seconds * SAMPLE_RATE)).astype(np.int16)


def whole(samples: Samples) -> Utterance:
    return Utterance(samples, 0, len(samples))


# The weights


def test_both_formats_hold_the_same_model(tmp_path: Path) -> None:
    weights = tiny_whisper.arrays()
    (tmp_path / "model.bin").write_bytes(tiny_whisper.ctranslate2(weights))
    (tmp_path / "model.safetensors").write_bytes(tiny_whisper.safetensors(weights))

    one, other = (read_whisper(tmp_path / name) for name in ("model.bin", "model.safetensors"))

    assert (one.width, one.heads, one.mel_bands) == (128, 2, 80)
    pairs = list(zip(numbers(one), numbers(other), strict=True))
    assert len(pairs) > 60
    assert all(np.array_equal(first, second) for first, second in pairs)


@pytest.mark.parametrize(("kind", "error"), [("F16", 2**-10), ("BF16", 2**-7)])
def test_halved_numbers_are_read(tmp_path: Path, kind: str, error: float) -> None:
    weights = tiny_whisper.arrays()
    file = tmp_path / "model.safetensors"
    file.write_bytes(tiny_whisper.safetensors(weights, kind))

    embedding = weights["model.decoder.embed_tokens.weight"]
    np.testing.assert_allclose(read_whisper(file).decoder.embedding, embedding, error, 1e-5)


@pytest.mark.parametrize("name", ["model.bin", "model.safetensors"])
@pytest.mark.parametrize("content", [b"x", b"\0" * 100, b"\xff" * 3000])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(PartError) as caught:
        read_whisper(tmp_path / name)

    assert caught.value.fault is Fault.MODEL_CORRUPT


@pytest.mark.parametrize("write", [tiny_whisper.ctranslate2, tiny_whisper.safetensors])
def test_a_truncated_model_is_refused(tmp_path: Path, write: object) -> None:
    assert callable(write)
    name = "model.bin" if write is tiny_whisper.ctranslate2 else "model.safetensors"
    (tmp_path / name).write_bytes(write(tiny_whisper.arrays())[:-5000])

    with pytest.raises(PartError) as caught:
        read_whisper(tmp_path / name)

    assert caught.value.fault is Fault.MODEL_CORRUPT


def test_an_empty_or_missing_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()

    for name in ("model.bin", "model.safetensors"):
        with pytest.raises(PartError) as caught:
            read_whisper(tmp_path / name)
        assert caught.value.fault is Fault.MODEL_MISSING


def content(graphs: Graphs) -> list[object]:
    """What is in the graphs, wherever it is."""
    three = (graphs.encoder, graphs.decoder, graphs.head)
    files = [Path(each).read_bytes() if isinstance(each, str) else each for each in three]
    return [*files, graphs.embedding.tobytes(), graphs.positions.tobytes(), graphs.mel_bands]


def numbers(part: object) -> Iterator[npt.NDArray[np.generic]]:
    """Every array of a model, in order."""
    if isinstance(part, np.ndarray):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from numbers(each)
    elif is_dataclass(part):
        for entry in fields(part):
            yield from numbers(getattr(part, entry.name))


# The spectrum


def test_the_spectrum_is_that_of_the_definition() -> None:
    sound = noise(0.1)

    found = log_mel(sound, 20, BANDS)

    np.testing.assert_allclose(found, plain_mel(sound, 20), atol=2e-4)


def plain_mel(sound: Samples, frames: int) -> npt.NDArray[np.float64]:
    """The same by the sum that defines the Fourier transform."""
    padded = np.zeros(frames * 160)
    padded[: len(sound)] = sound / 32768
    around = np.concatenate([padded[200:0:-1], padded, padded[-2:-202:-1]])
    times = np.arange(400)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * times / 400)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(201), times) / 400)
    power = [
        abs(waves @ (around[at : at + 400] * window)) ** 2 for at in range(0, 160 * frames, 160)
    ]
    logs = np.log10(np.maximum(mel_filters(BANDS).astype(np.float64) @ np.array(power).T, 1e-10))
    return np.asarray((np.maximum(logs, logs.max() - 8) + 4) / 4)


@pytest.mark.parametrize("bands", [80, 128])
def test_every_filter_has_one_peak_and_the_same_area(bands: int) -> None:
    filters = mel_filters(bands)

    assert filters.shape == (bands, 201)
    assert (filters >= 0).all()
    # A triangle of area 1, looked at every 40 Hz; the lowest are narrower than that.
    np.testing.assert_allclose(filters[-40:].sum(axis=1) * 40, 1, atol=0.07)
    assert (np.diff(filters.argmax(axis=1)) >= 0).all()


@pytest.mark.parametrize("sound", [np.zeros(0, np.int16), np.zeros(5000, np.int16), noise(9)])
def test_a_spectrum_has_the_asked_length_and_only_numbers(sound: Samples) -> None:
    found = log_mel(sound, 300, BANDS)

    assert found.shape == (BANDS, 300)
    assert np.isfinite(found).all()


# The tokens


def test_pairs_are_joined_in_the_order_in_which_they_were_learnt(tokens: Tokeniser) -> None:
    vocabulary = tiny_whisper.tokeniser()["model"]["vocab"]

    assert tokens.encode(" start") == (vocabulary["Ġstart"],)
    assert tokens.encode("start") == (vocabulary["st"], vocabulary["art"])
    assert tokens.encode(" stars") == (vocabulary["Ġst"], vocabulary["ar"], vocabulary["s"])


@given(st.text(max_size=40))
def test_every_text_is_spelt_by_its_tokens(tokens: Tokeniser, text: str) -> None:
    letters = {letter: byte for byte, letter in enumerate(tiny_whisper.byte_letters())}
    pieces = {number: piece for piece, number in tiny_whisper.tokeniser()["model"]["vocab"].items()}

    spelt = "".join(pieces[token] for token in tokens.encode(text))

    assert bytes(letters[letter] for letter in spelt) == text.encode("utf-8")


def test_a_phrase_is_written_with_a_small_and_with_a_capital_letter(tokens: Tokeniser) -> None:
    assert tokens.forms(" ålreit  nå ") == (
        tokens.encode(" ålreit nå"),
        tokens.encode(" Ålreit nå"),
    )
    assert len(tokens.forms("4 m²")) == 1
    assert tokens.forms("  ") == ()
    assert tokens.prompt == PROMPT


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": {"vocab": {}, "merges": []}}'])
def test_a_wrong_token_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(text, "utf-8")

    with pytest.raises(PartError) as caught:
        Tokeniser(file)

    assert caught.value.fault is Fault.MODEL_CORRUPT


# The tree


@given(st.lists(st.lists(st.integers(0, 3), max_size=4).map(tuple), max_size=8))
def test_a_tree_holds_each_sequence_and_shares_beginnings(found: list[tuple[int, ...]]) -> None:
    tree = tree_of(PROMPT, found)

    beginnings = {(*PROMPT, *each)[:length] for each in [(), *found] for length in range(1, 9)}
    assert len(tree.tokens) == len(beginnings)
    for number, sequence in enumerate(found):
        path = tree.paths[number]
        assert tuple(tree.tokens[list(path)]) == sequence
        assert [token for _, token in tree.steps(number)] == list(sequence)
        for node in path:
            looked = np.flatnonzero(tree.mask[node] != UNSEEN)
            assert len(looked) == tree.depths[node] + 1
            assert set(looked) <= {*range(len(PROMPT)), *path}


# The numbers


def network(model: Path, *, exact: bool) -> WhisperNetwork:
    graphs = build_graphs(read_whisper(model / "model.bin"), exact=exact)
    return WhisperNetwork(graphs, PROMPT, ENDS, END)


@pytest.mark.parametrize(("exact", "error"), [(True, 1e-2), (False, 0.35)])
def test_scores_are_those_of_the_plain_computation(model: Path, exact: bool, error: float) -> None:
    sound, ours = noise(0.8), network(model, exact=exact)
    plain = Plain(tiny_whisper.arrays())
    heard = plain.hear(log_mel(sound, 300, BANDS))

    found = ours.score(ours.hear(sound), SEQUENCES)

    expected = [plain.score(heard, PROMPT, sequence, ENDS) for sequence in SEQUENCES]
    np.testing.assert_allclose(found, expected, atol=error)


def test_the_free_hypothesis_is_the_likeliest_next_token_again_and_again(model: Path) -> None:
    sound, ours = noise(0.8), network(model, exact=True)
    plain = Plain(tiny_whisper.arrays())
    heard = plain.hear(log_mel(sound, 300, BANDS))

    assert ours.free(ours.hear(sound)) == greedy(plain, heard)


def greedy(plain: Plain, heard: npt.NDArray[np.float64]) -> tuple[int, ...]:
    found: list[int] = []
    while len(found) < LONGEST_FREE:
        token = int(plain.next_logs(heard, [*PROMPT, *found])[-1][: END + 1].argmax())
        if token in ENDS:
            break
        found.append(token)
    return tuple(found)


def test_a_long_grammar_is_scored_in_pieces_as_a_short_one(model: Path) -> None:
    ours = network(model, exact=True)
    memory = ours.hear(noise(1))
    many = [(first, second) for first in range(10) for second in range(12)]

    together = ours.score(memory, many)

    np.testing.assert_allclose(together[57:59], ours.score(memory, many[57:59]), atol=1e-4)


@given(st.integers(0, 2**32 - 1))
def test_a_quantised_matrix_is_near_the_real_one(seed: int) -> None:
    weight = np.random.default_rng(seed).standard_normal((5, 40)).astype(np.float32)

    found = quantise(weight)

    assert np.abs(found.numbers).max() <= WEIGHT_TOP
    error = np.abs(found.numbers * found.scales[:, np.newaxis] - weight)
    assert (error <= np.abs(weight).max(axis=1, keepdims=True) / WEIGHT_TOP * 0.501).all()


def test_a_row_of_zeros_can_be_quantised() -> None:
    assert not quantise(np.zeros((2, 4), np.float32)).numbers.any()


def test_what_it_would_say_anyway_is_taken_off(model: Path) -> None:
    scorer, plain = WhisperScorer(model), Plain(tiny_whisper.arrays())
    sound = noise(1.0)

    found = scorer.phrases.score(scorer.hear(sound), PHRASES)

    quiet = np.random.default_rng(0).normal(0, 3, SAMPLE_RATE).astype(np.int16)
    heard, silent = (plain.hear(log_mel(each, 300, BANDS)) for each in (sound, quiet))
    tokens = Tokeniser(model / "tokenizer.json")
    for phrase in PHRASES:
        scores = [
            plain.score(heard, PROMPT, form, tokens.ends)
            - PRIOR_WEIGHT * plain.score(silent, PROMPT, form, tokens.ends)
            for form in tokens.forms(phrase)
        ]
        assert found[phrase] == pytest.approx(np.logaddexp.reduce(scores), abs=1.5)


# The recogniser


def test_every_phrase_of_the_grammar_has_a_score(recogniser: WhisperRecogniser) -> None:
    scores = recogniser.score(whole(noise(1)), PHRASES[:2])

    assert set(scores.phrases) == set(PHRASES[:2])
    assert all(np.isfinite([*scores.phrases.values(), scores.garbage]))
    assert pickle.loads(pickle.dumps(scores)) == scores


def test_a_phrase_scores_the_same_in_every_grammar(recogniser: WhisperRecogniser) -> None:
    alone = recogniser.score(whole(noise(1)), PHRASES[:1])
    among = recogniser.score(whole(noise(1)), PHRASES)

    assert alone.phrases[PHRASES[0]] == pytest.approx(among.phrases[PHRASES[0]], abs=1e-3)


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(np.zeros(0, np.int16), id="empty"),
        pytest.param(np.zeros(16000, np.int16), id="digital zero"),
        pytest.param(np.full(16000, 12000, np.int16), id="direct current"),
        pytest.param(np.tile(np.array([3, -3], np.int16), 8000), id="silence"),
        pytest.param(np.full(16000, np.nan), id="not a number"),
        pytest.param(np.tile(noise(1), 600), id="ten minutes"),
    ],
)
def test_what_can_be_no_command_is_none(
    recogniser: WhisperRecogniser, samples: npt.NDArray[np.int16]
) -> None:
    scores = recogniser.score(whole(samples), PHRASES)

    assert set(scores.phrases.values()) == {NO_CHANCE}
    assert scores.garbage == 0


@pytest.mark.parametrize("samples", [noise(0.01), np.full(800, -32768, np.int16), noise(9.9)])
def test_odd_sounds_have_scores(recogniser: WhisperRecogniser, samples: Samples) -> None:
    scores = recogniser.score(whole(samples), PHRASES)

    assert np.isfinite(list(scores.phrases.values())).all()


@pytest.mark.parametrize(
    "phrases", [[], ["nei"], ["  "], ["4 m²", "kl. 12", "xqzw ŋ 漢 😀"], ["nei", "nei"]]
)
def test_odd_grammars_have_scores(model: Path, phrases: Sequence[str]) -> None:
    engine = WhisperRecogniser(str(model))
    engine.prepare(phrases)

    scores = engine.score(whole(noise(0.5)), phrases)

    assert set(scores.phrases) == set(phrases)
    assert np.isfinite([*scores.phrases.values(), scores.garbage]).all()
    assert scores.phrases.get("  ", NO_CHANCE) == NO_CHANCE


def test_a_phrase_must_be_prepared(model: Path, recogniser: WhisperRecogniser) -> None:
    for engine in (recogniser, WhisperRecogniser(str(model))):
        with pytest.raises(ValueError, match="prepared"):
            engine.score(whole(noise(1)), ["hopp over"])


# What is kept beside the model


@pytest.fixture
def own_model(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "tiny", ignore=shutil.ignore_patterns(KEPT)))


def test_the_graphs_are_made_once(own_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = content(load_graphs(own_model))
    monkeypatch.setattr(whisper_store, "read_whisper", lambda _path: pytest.fail("read again"))

    again = content(load_graphs(own_model))

    assert made == again


@pytest.mark.parametrize("spoilt", ["encoder.onnx", "embedding.npy", "made.json"])
def test_a_kept_graph_that_was_changed_is_made_anew(own_model: Path, spoilt: str) -> None:
    made = content(load_graphs(own_model))
    file = own_model / KEPT / spoilt
    file.write_bytes(file.read_bytes()[:-20] + b"x" * 20)

    assert content(load_graphs(own_model)) == made


def test_other_weights_make_other_graphs(own_model: Path, tmp_path: Path) -> None:
    made = content(load_graphs(own_model))
    other = tiny_whisper.write(tmp_path / "other" / "tiny", seed=1)
    shutil.copytree(own_model / KEPT, other / KEPT)

    assert content(load_graphs(other)) != made


def test_a_folder_that_cannot_be_written_to_will_do(own_model: Path) -> None:
    (own_model / KEPT).write_text("in the way", "utf-8")

    made = load_graphs(own_model)

    assert isinstance(made.encoder, bytes)
    assert WhisperScorer(own_model)


def test_the_file_format_of_nb_whisper_will_do(tmp_path: Path, model: Path) -> None:
    other = tiny_whisper.write(tmp_path / "nb", "model.safetensors")

    assert content(load_graphs(other)) == content(load_graphs(model))


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_a_model_that_is_not_the_manifests_is_refused(own_model: Path, name: str) -> None:
    data = (own_model / name).read_bytes()
    (own_model / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    with pytest.raises(PartError) as caught:
        WhisperRecogniser(str(own_model)).prepare(PHRASES)

    assert caught.value.fault is Fault.MODEL_CORRUPT


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_a_model_that_was_not_fetched_is_missing(own_model: Path, name: str) -> None:
    (own_model / name).unlink()

    with pytest.raises(PartError) as caught:
        WhisperRecogniser(str(own_model)).prepare(PHRASES)

    assert caught.value.fault is Fault.MODEL_MISSING


def test_a_vocabulary_that_is_another_models_is_refused(own_model: Path) -> None:
    file = own_model / "tokenizer.json"
    data = json.loads(file.read_text("utf-8"))
    for entry in data["added_tokens"]:
        entry["id"] += 1000
    text = json.dumps(data)
    file.write_text(text, "utf-8")
    manifest = tiny_whisper.manifest(own_model, ["model.bin", "tokenizer.json"])
    (own_model / "model.yaml").write_text(manifest, "utf-8")

    with pytest.raises(PartError) as caught:
        WhisperRecogniser(str(own_model)).prepare(PHRASES)

    assert caught.value.fault is Fault.MODEL_CORRUPT
