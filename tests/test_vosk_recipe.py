"""The recipe of models/vosk-nb: readers, pronunciation, alignment, export and graphs.

Only training needs torch; what it makes is plain arrays, and libvosk is asked whether the export
says the same as numpy.
"""

import importlib.util
import json
import wave
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vosk_recipe import align, dialects, features, fst, graphs, kaldi_text, network, phones, sound
from vosk_recipe.corpus import FRAMES, LONGEST_S, cut, pieces, synthetic_examples
from vosk_recipe.finish import Trial, fitted
from vosk_recipe.folder import write_model, write_state_graphs
from vosk_recipe.pronounce import Pronouncer, words_of
from vosk_recipe.readers import READERS, Clip

from agent.frames import SAMPLE_RATE, Samples
from agent.voice import wav
from agent.voice.backends.vosk_decoder import static_decoder
from bench.hearing import SOUNDS

MODEL = Path(__file__).parents[1] / "models" / "vosk-nb"
BLANK, A, B = 0, 1, 2


def write(path: Path, content: str | None = None) -> Path:
    """A file of text, or a tenth of a second of sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is not None:
        path.write_text(content, "utf-8")
        return path
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        file.writeframes(bytes(3200))
    return path


# Readers


def nst(folder: Path) -> None:
    rows = [
        {"file": "u0001001.wav", "text": "Han er her"},
        {"file": "u0001002.wav", "text": "( ... stille under dette opptaket ...)"},
        {"file": "u0001003.wav", "text": "Mangler"},
    ]
    write(folder / "json" / "r1.json", json.dumps({"pid": "r1", "val_recordings": rows}))
    for name in ("u0001001-1", "u0001001-2", "u0001002-1"):
        write(folder / "no" / "r1" / f"r1_{name}.wav")


def npsc(folder: Path) -> None:
    day = folder / "NPSC_1" / "20170207"
    rows = [
        {"audio_file": "a.wav", "sentence_text": "Møtet er satt", "speaker_id": 32},
        {"audio_file": "gone.wav", "sentence_text": "Mangler", "speaker_id": 32},
        {"audio_file": "b.wav", "sentence_text": ""},
        {"audio_file": "b.wav", "nonverbatim_text": "Møtet er heva", "speaker_id": 7},
    ]
    write(day / "20170207_sentence_data.json", json.dumps({"sentences": rows}))
    for name in "ab":
        write(day / "audio" / f"{name}.wav")


def nb_samtale(folder: Path) -> None:
    rows = [
        {"file_name": "data/x/s1.wav", "transcription": "ja <ee> nettopp", "speaker_id": "P4"},
        {"file_name": "s2.wav", "transcription": "i munnen på", "overlap_next": True},
        {"file_name": "gone.wav", "transcription": "mangler"},
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    write(folder / "data" / "train_metadata.jsonl", lines + "\n\n")
    for name in ("s1", "s2"):
        write(folder / "data" / "train_bm_1" / f"{name}.wav")


def beside(folder: Path) -> None:
    write(folder / "kari" / "one.wav")
    write(folder / "kari" / "one.txt", "Frys bildet\n")
    write(folder / "kari" / "without.wav")
    write(folder / "two.wav")
    write(
        folder / "transcripts.tsv", 'path\ttext\tspeaker\ntwo.wav\tSi "hei"\tola\ngone.wav\tx\t\n'
    )


@pytest.mark.parametrize(
    ("name", "make", "expected"),
    [
        ("nst", nst, [("r1_u0001001-1.wav", "Han er her", "r1")]),
        ("npsc", npsc, [("a.wav", "Møtet er satt", "32"), ("b.wav", "Møtet er heva", "7")]),
        ("nb-samtale", nb_samtale, [("s1.wav", "ja <ee> nettopp", "P4")]),
        ("pairs", beside, [("two.wav", 'Si "hei"', "ola"), ("one.wav", "Frys bildet", "kari")]),
    ],
)
def test_a_corpus_is_read(
    tmp_path: Path,
    name: str,
    make: Callable[[Path], None],
    expected: Sequence[tuple[str, str, str]],
) -> None:
    make(tmp_path)
    clips = list(READERS[name](tmp_path))

    assert [(clip.path.name, clip.text, clip.speaker) for clip in clips] == expected
    assert all(clip.path.is_file() for clip in clips)


@pytest.mark.parametrize("name", sorted(READERS))
def test_an_empty_folder_has_no_clips(tmp_path: Path, name: str) -> None:
    write(tmp_path / "other.json", "[1]")
    write(tmp_path / "broken_sentence_data.json", "{")

    assert list(READERS[name](tmp_path)) == []


# Pronunciation


def test_marks_of_transcribers_are_no_words() -> None:
    assert words_of("Ja, <ee> NETTOPP [latter] (pause) e-post – 25 %") == [
        *("ja", "nettopp", "e-post", "25")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("avslutt video", "a v s l uu t v i d e u"),
        ("høyere", "h oe y ax r ax"),
        ("kjenner", "kj e n ax r"),
    ],
)
def test_words_become_phones(text: str, expected: str) -> None:
    exceptions = {
        "avslutt": "[['A:vslu-t:]]",
        "høyere": "[[h'Yy@R@]]",
        "kjenner": "[[C'En@R]]",
    }

    assert " ".join(Pronouncer(exceptions).phones(words_of(text))) == expected


@pytest.mark.parametrize(
    ("area", "names", "spelling", "expected"),
    [
        ("east", "b R 'u-: k @ R", "bruker", "b R 'u-: k @ R"),
        ("south", "g 'A: t @", "gate", "g 'A: d @"),
        ("west", "C 'Y: R @", "kjøre", "S 'Y: R A"),
        ("trondelag", "n 'aI", "nei", "n 'E:"),
        ("north", "v 'i: l @", "hvile", "k v 'i: l"),
        ("north", "d @", "de", "d @"),
    ],
)
def test_dialects_by_rule(area: str, names: str, spelling: str, expected: str) -> None:
    assert " ".join(dialects.dialect(names.split(), area, spelling)) == expected


@given(st.text(max_size=20))
def test_any_word_has_phones_of_ours_or_none(word: str) -> None:
    for said in Pronouncer().variants(words_of(word)):
        assert set(said) <= set(phones.PHONES)


# Features, sound, alignment


def test_the_features_are_kaldis() -> None:
    """Kaldi's own numbers for a tone of 440 Hz, from kaldi-native-fbank 1.23."""
    tone = (3000 * np.sin(2 * np.pi * 440 * np.arange(800) / SAMPLE_RATE)).astype(np.int16)

    assert features.mfcc(tone)[1, :4] == pytest.approx(KALDI, abs=0.01)
    assert features.mfcc(tone[:399]).shape == (0, 40)


KALDI = (47.1196, 41.9382, 52.1400, -13.0015)


@given(st.integers(0, 2**32 - 1), st.integers(SAMPLE_RATE // 10, SAMPLE_RATE))
def test_spoilt_speech_is_still_sound(seed: int, length: int) -> None:
    generator = np.random.default_rng(seed)
    speech = generator.integers(-3000, 3000, length).astype(np.int16)
    spoilt = sound.spoil(speech, generator)

    assert spoilt.dtype == np.int16
    assert length * 0.8 < len(spoilt) < length * 1.2 + SAMPLE_RATE


def scores(*best: int) -> align.Scores:
    """Three symbols; in each frame one of them has nearly everything."""
    rows = np.full((len(best), 3), np.log(0.05))
    rows[np.arange(len(best)), best] = np.log(0.9)
    return rows.astype(np.float32)


def test_phones_are_found_where_they_are() -> None:
    found = align.align(scores(BLANK, A, A, BLANK, B, BLANK), [A, B])

    assert found.spans == ((1, 3), (4, 5))
    assert found.score == pytest.approx(6 * np.log(0.9), abs=1e-5)


def test_a_phone_twice_needs_a_blank_between() -> None:
    assert align.align(scores(A, A, BLANK, A), [A, A]).spans == ((0, 2), (3, 4))
    assert align.align(scores(A, A), [A, A]) == align.NOTHING


@given(st.lists(st.sampled_from([A, B]), max_size=4), st.integers(0, 6), st.integers(0, 99))
def test_the_best_path_is_the_best_of_all(said: list[int], frames: int, seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(frames, 3)).astype(np.float32)
    found = align.align(rows, said).score

    assert found == pytest.approx(best_by_trying(rows, said), abs=1e-4)


def best_by_trying(rows: align.Scores, said: Sequence[int]) -> float:
    every = product(range(3), repeat=len(rows)) if len(rows) else ()
    fits = [
        float(sum(rows[at, symbol] for at, symbol in enumerate(path)))
        for path in every
        if collapsed(path) == list(said)
    ]
    return max(fits, default=-np.inf)


def collapsed(path: Sequence[int]) -> list[int]:
    kept = [one for one, before in zip(path, [BLANK, *path], strict=False) if one != before]
    return [int(one) for one in kept if one != BLANK]


def test_a_long_recording_is_cut_at_its_pauses() -> None:
    frames = round(2.5 * LONGEST_S * SAMPLE_RATE / FRAMES)
    spans = tuple((at, at + 1) for at in range(5, frames, 20))
    said = ("a", "b") * (len(spans) // 2) + ("a",) * (len(spans) % 2)
    samples = np.zeros(frames * FRAMES, np.int16)

    cuts = list(cut(samples, said, align.Alignment(-1.0, spans)))

    assert sum((piece.phones for piece in cuts), ()) == said
    assert sum(len(piece.samples) for piece in cuts) == len(samples)
    assert all(len(piece.samples) <= LONGEST_S * SAMPLE_RATE for piece in cuts)


def test_recordings_are_aligned_and_what_says_something_else_is_left_out() -> None:
    left: list[Clip] = []
    net = kaldi_text.read_network((MODEL / "am" / "final.mdl").read_text("ascii"))
    good = Clip(SOUNDS / "klart.f1.wav", "Klart!", "x")
    bad = [
        Clip(SOUNDS / "nei.f1.wav", "dokumentasjon og forberedelser hele dagen lang", "x"),
        Clip(SOUNDS / "README.md", "ikke lyd", "x"),
    ]
    found = list(pieces([good, *bad], Pronouncer(), net, left.append))

    assert [piece.phones for piece in found] == [("k", "l", "a", "r", "t")]
    assert left == bad


# Export


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, network.Network]:
    folder = tmp_path_factory.mktemp("model")
    net = network.random(16)
    write_model(folder, net)
    write_state_graphs(folder, Pronouncer(), [("ja", "nei", "start video")])
    # A network that was never trained finds every path about as good: keep them all.
    conf = folder / "conf" / "model.conf"
    text = (
        conf.read_text()
        .replace("beam=16.0", "beam=500.0")
        .replace("lattice-beam=8.0", "lattice-beam=60.0")
    )
    conf.write_text(text)
    return folder, net


def test_libvosk_computes_what_numpy_computes(exported: tuple[Path, network.Network]) -> None:
    folder, net = exported
    said: Samples = wav.decode((SOUNDS / "start_video.f1.wav").read_bytes())
    heard = static_decoder(folder, folder / "states" / "00").hear(said)
    posteriors = network.posteriors(net, features.mfcc(said))

    for phrase in ("ja", "nei", "start video"):
        ways = Pronouncer().variants(phrase.split())
        numbers = [[phones.PHONES.index(phone) for phone in way] for way in ways]
        ours = max(align.align(posteriors, way).score for way in numbers)
        assert heard[graphs.phrase_symbol(phrase)] == pytest.approx(ours, abs=0.05)


def test_a_network_is_kept_and_read(tmp_path: Path) -> None:
    net = network.random(8)
    network.save(net, tmp_path / "net.npz")
    again = network.load(tmp_path / "net.npz")

    assert all(np.array_equal(a.weights, b.weights) for a, b in zip(net, again, strict=True))


def test_a_model_is_read_back_and_written_the_same() -> None:
    text = kaldi_text.final_mdl(network.random(8))
    again = kaldi_text.read_network(text)

    assert kaldi_text.final_mdl(again) == text
    with pytest.raises(ValueError, match="not a model"):
        kaldi_text.read_network("<TransitionModel> <Nnet3>")


def test_a_graph_is_written_and_read() -> None:
    words = graphs.word_table(["ja", "nei"])
    graph = graphs.static_graph({"ja": [("j", "a")], "nei": [("n", "ae", "i"), ("n", "e")]}, words)
    again = fst.read(graph.encoded())

    assert again.states == graph.states
    assert again.finals == graph.finals
    assert sorted(map(repr, again.arcs)) == sorted(map(repr, graph.arcs))
    assert {arc.out for arc in again.arcs} == {0, words["ja"], words["nei"], words["[unk]"]}


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(ValueError, match="not a vector FST"):
        fst.read(b"no graph")


def test_calibration_finds_the_odds() -> None:
    """Half of all with difference d are said when the log-odds there are 0."""
    generator = np.random.default_rng(0)
    differences = generator.uniform(-10, 10, 4000)
    chances = 1 / (1 + np.exp(-(0.8 * differences - 1.5)))
    trials = [
        Trial(float(d), bool(said))
        for d, said in zip(differences, generator.random(4000) < chances, strict=True)
    ]

    assert fitted(trials) == pytest.approx((0.8, -1.5), abs=0.15)


# Training, where torch is


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="extra `train` not installed")
def test_training_learns() -> None:
    from vosk_recipe.training import train

    lines: list[str] = []
    made = synthetic_examples(Pronouncer(), ["ja", "nei"], ["start"], 48, 1)
    net = train(lambda _: made, 15, 32, lines.append, batch=16)
    losses = [float(line.split()[5]) for line in lines]

    assert min(losses[-3:]) < 0.7 * losses[0]
    assert [layer.offsets for layer in net] == list(network.OFFSETS)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="extra `train` not installed")
def test_torch_and_numpy_compute_the_same() -> None:
    import torch
    from vosk_recipe.training import Tdnn

    model = Tdnn(16, torch.ones(features.COEFFICIENTS), 20 * torch.ones(features.COEFFICIENTS))
    model(torch.randn(4, 200, features.COEFFICIENTS))  # Gives the normalisations something to fold.
    sound = np.random.default_rng(0).normal(0, 20, (100, features.COEFFICIENTS)).astype(np.float32)
    padded = np.pad(sound, ((network.CONTEXT, network.CONTEXT), (0, 0)), mode="edge")
    theirs = model.eval()(torch.from_numpy(padded)[None])[0].detach().numpy()
    ours = network.posteriors(model.network(), sound)

    assert np.abs(ours - theirs[: len(ours)]).max() < 1e-4
