"""The recogniser Vosk: any Vosk model, with nothing but a closed grammar.

A model with `HCLr.fst` takes the grammar at run time. Our own recipe (`models/vosk-nb`) brings
static graphs as well, one for each state of a consultation, which hold whole phrases and nothing
in between; they are taken where they know every phrase that is valid.
"""

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.faults import Fault, PartError
from agent.voice.backends.vosk_decoder import Decoder, static_decoder
from agent.voice.backends.vosk_folder import StateGraph, VoskFolder, read_folder
from agent.voice.backends.vosk_scores import calibrated, nothing_heard, speech_in
from agent.voice.base import Scores, Utterance

logger = logging.getLogger(__name__)

KEPT_GRAPHS = 6
"""Static graphs in memory, about 8 MB each; another one takes some 50 ms to load."""


class VoskRecogniser:
    """A Recogniser. A phrase with a word that the model's lexicon lacks is never heard."""

    def __init__(self, model: str, exceptions: Mapping[str, str] | None = None) -> None:
        """model: the folder of a Vosk model.
        exceptions: as the other recognisers get them; a Vosk model has its own pronunciations.
        """
        self._path = Path(model)
        self._phrases: frozenset[str] = frozenset()
        self._folder: VoskFolder | None = None
        self._run_time: Decoder | None = None
        self._static: OrderedDict[Path, Decoder] = OrderedDict()
        self._told: set[str] = set()

    def prepare(self, phrases: Sequence[str]) -> None:
        """Check and load the model; about 0.1 s.

        Raises PartError(MODEL_MISSING, MODEL_CORRUPT, GRAMMAR_REFUSED, RECOGNISER_FAILED).
        """
        if self._folder is None:
            folder = read_folder(self._path)
            if folder.words:
                self._run_time = Decoder(folder.path)
            self._folder = folder
        self._phrases = frozenset(phrases)
        self._tell_unknown(self._folder)

    def score(self, utterance: Utterance, grammar: Sequence[str]) -> Scores:
        """Raises ValueError for a phrase that was not prepared, PartError(RECOGNISER_FAILED)."""
        if self._folder is None or not self._phrases >= frozenset(grammar):
            raise ValueError("a phrase of the grammar was not prepared")
        speech = speech_in(utterance.samples)
        known = [phrase for phrase in grammar if self._is_known(self._folder, phrase)]
        if speech is None or not known:
            return nothing_heard(grammar)
        graph = _smallest(self._folder.states, known)
        if graph is not None and (self._run_time is None or graph.phrases.issuperset(known)):
            texts = {phrase: phrase.replace(" ", "_") for phrase in grammar}
            heard = self._static_decoder(graph).hear(speech)
            return calibrated(heard, texts, self._folder.static)
        assert self._run_time is not None, "a model has one kind of graph or the other"
        heard = self._run_time.hear(speech, sorted({_text(phrase) for phrase in known}))
        texts = {phrase: _text(phrase) for phrase in grammar}
        return calibrated(heard, texts, self._folder.run_time)

    def _static_decoder(self, graph: StateGraph) -> Decoder:
        decoder = self._static.pop(graph.folder, None)
        if decoder is None:
            try:
                decoder = static_decoder(self._path, graph.folder)
            except OSError as error:  # No room for the moment's copy.
                detail = type(error).__name__
                raise PartError(Fault.RECOGNISER_FAILED, detail=detail) from error
        self._static[graph.folder] = decoder
        while len(self._static) > KEPT_GRAPHS:
            self._static.popitem(last=False)
        return decoder

    def _is_known(self, folder: VoskFolder, phrase: str) -> bool:
        words = _text(phrase).split()
        in_lexicon = bool(words) and folder.words.issuperset(words)
        return in_lexicon or any(phrase in state.phrases for state in folder.states)

    def _tell_unknown(self, folder: VoskFolder) -> None:
        """Once for each phrase. It is from the configuration, not something that was said."""
        for phrase in sorted(self._phrases - self._told):
            if not self._is_known(folder, phrase):
                self._told.add(phrase)
                logger.warning("the Vosk model does not know every word of: %s", phrase)


def _smallest(states: Sequence[StateGraph], phrases: Sequence[str]) -> StateGraph | None:
    """The smallest graph among those that know most of the phrases."""
    wanted = frozenset(phrases)
    return max(states, key=lambda state: len(state.phrases & wanted), default=None)


def _text(phrase: str) -> str:
    return " ".join(phrase.casefold().split())
