"""PURE: whether a second device beside the nurse (an iPad) plays the meeting, too.

Its sound comes later than our loudspeaker's, or sooner, and by a way that an echo canceller does
not know; and it plays what the nurse said a moment ago. So what is left of the microphone's sound
is compared with what was played, and with itself, over delays of up to 1.5 s: an echo shows as one
sharp peak of the correlation, whatever else is said meanwhile.
"""

import numpy as np
import numpy.typing as npt

from agent.frames import SAMPLE_RATE, AudioFrame, Samples
from agent.voice.recent import Recent

LOOK_S, PIECE_S = 2.0, 2.0
"""Every 2 s the last 2 s are looked at."""

EARLIEST_S, LATEST_S = -0.5, 1.5
"""When the other device may play what ours plays."""

ITSELF_S = 0.12
"""What is said comes back through the meeting no sooner; speech is like itself for less long."""

PEAK = 9.0
"""Standard deviations that a peak stands out by. In speech without an echo the highest mostly
stands out by 5 to 8, and never twice at the same place."""

SAME_S = 0.03
"""Two peaks within so much are the same echo."""

LOOKS, NEEDED = 5, 3
"""Of so many looks with sound, so many must find the same echo."""

PAUSE_S = 300.0
"""It is told again at the earliest after this."""

AUDIBLE = 30.0
"""Root mean square of 32767 below which nothing is compared."""

_STEP = 4
"""The comparison is done at 4 kHz, which has most of a voice."""

_RATE = SAMPLE_RATE // _STEP

Sound = npt.NDArray[np.float64]


class SecondDevice:
    """Follows the cleaned sound and what is played; both in memory only."""

    def __init__(self) -> None:
        kept = PIECE_S - EARLIEST_S + LATEST_S + 0.1
        self._clean, self._played = Recent(kept), Recent(kept)
        self._expected = 0
        self._since = 0
        self._found: list[tuple[bool, float | None]] = []
        """Of the last looks: whether it was compared with itself, and the delay in seconds."""
        self._pause = 0

    def follow(self, clean: AudioFrame, played: AudioFrame) -> bool:
        """The next 20 ms; True: a second device is heard, and it is time to say so."""
        if clean.start != self._expected:
            self._found.clear()
            self._since = 0
        self._expected = clean.start + len(clean.samples)
        self._clean.add(clean)
        self._played.add(played)
        self._pause = max(0, self._pause - len(clean.samples))
        self._since += len(clean.samples)
        if self._since < LOOK_S * SAMPLE_RATE:
            return False
        self._since = 0
        if self._pause or not self._look():
            return False
        self._pause = round(PAUSE_S * SAMPLE_RATE)
        self._found.clear()
        return True

    def _look(self) -> bool:
        end = self._expected
        early, piece, late = (
            round(each * SAMPLE_RATE) for each in (-EARLIEST_S, PIECE_S, LATEST_S)
        )
        heard = self._clean.between(end - early - piece, end - early)
        played = self._played.between(end - early - piece - late, end)
        itself = self._clean.between(end - piece - late, end)
        for own, sound, around in ((False, heard, played), (True, itself[-piece:], itself)):
            if _level(sound) < AUDIBLE or _level(around) < AUDIBLE:
                continue
            first = round(ITSELF_S * SAMPLE_RATE) if own else 0
            found = delay(sound, around, first)
            shift = 0.0 if own else EARLIEST_S
            self._found.append((own, None if found is None else found / SAMPLE_RATE + shift))
        self._found = self._found[-2 * LOOKS :]
        return any(self._again(own) for own in (False, True))

    def _again(self, own: bool) -> bool:
        looks = [found for whose, found in self._found if whose is own][-LOOKS:]
        found = [each for each in looks if each is not None]
        return any(sum(abs(one - two) <= SAME_S for two in found) >= NEEDED for one in found)


def delay(sound: Samples, around: Samples, first: int = 0) -> int | None:
    """By how many samples `sound` is later than its like in `around`; None: there is none in it.

    sound: shape (n,); around: shape (m,), m >= n, both int16, 16 kHz, ending at the same time.
    first: the smallest delay that counts. GCC-PHAT, as in `agent.voice.echo`.
    """
    one, many = _thinned(sound), _thinned(around)
    size = 1 << (len(one) + len(many) - 1).bit_length()
    cross = np.fft.rfft(many, size) * np.conj(np.fft.rfft(one, size))
    cross /= np.abs(cross) + 1e-3 * np.abs(cross).max() + 1e-9
    # At lag k the sound meets around[k:], which began most - k samples before it.
    most = len(many) - len(one)
    found = np.abs(np.fft.irfft(cross, size)[: most + 1 - first // _STEP])
    place = int(np.argmax(found))
    if found[place] < PEAK * np.sqrt(np.mean(found**2)):
        return None
    return (most - place) * _STEP


def _thinned(samples: Samples) -> Sound:
    whole = samples[: len(samples) // _STEP * _STEP].astype(np.float64)
    count = len(whole) // _STEP
    return np.fft.irfft(np.fft.rfft(whole)[: count // 2 + 1], count)


def _level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if samples.size else 0.0
