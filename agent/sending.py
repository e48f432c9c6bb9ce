"""What leaves the machine: the two tracks of the present visit, and a count of what they sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.frames import AudioFrame, VideoFrame
from agent.meeting.sound import MicrophoneTrack
from agent.messages import Picture, Transmit
from agent.status.meter import Outgoing
from agent.video.track import CameraTrack


@dataclass(frozen=True, slots=True)
class Sent:
    """How much has been handed to the encoders since the agent started."""

    live: int = 0
    """Camera pictures, frozen ones included."""
    cards: int = 0
    """Pictures that show nothing but a text."""
    sound: int = 0
    """Pieces of the nurse's sound, 20 ms each."""

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(self.live + other.live, self.cards + other.cards, self.sound + other.sound)


class Sending:
    """The tracks are made afresh for each visit, because a track lives only once."""

    def __init__(
        self, cards: Mapping[Picture, str], width: int, height: int, *, steady: bool = False
    ) -> None:
        """cards: what stands on each card; width, height, steady: as for `CameraTrack`."""
        self._cards = cards
        self._size = width, height
        self._steady = steady
        self._video: CameraTrack | None = None
        self._audio: MicrophoneTrack | None = None
        self._what = Transmit()
        self._before = Sent()

    def name_cards(self, cards: Mapping[Picture, str]) -> None:
        """What stands on each card from the next visit on."""
        self._cards = cards

    def tracks(self) -> tuple[CameraTrack, MicrophoneTrack]:
        """New tracks for a visit; they let through what `transmit` said last."""
        self._before = self.sent
        width, height = self._size
        self._video = CameraTrack(self._cards, width, height, steady=self._steady)
        self._audio = MicrophoneTrack()
        self.transmit(self._what)
        return self._video, self._audio

    def transmit(self, what: Transmit) -> None:
        """Let this and nothing else leave, from now on."""
        self._what = what
        if self._video is not None:
            self._video.transmit(what.picture, what.zoom)
        if self._audio is not None:
            self._audio.transmit(what.sound)

    def offer_picture(self, frame: VideoFrame) -> None:
        """The camera's newest picture."""
        if self._video is not None:
            self._video.offer(frame)

    def offer_sound(self, frame: AudioFrame) -> None:
        """The microphone's newest sound."""
        if self._audio is not None:
            self._audio.offer(frame)

    @property
    def outgoing(self) -> Outgoing | None:
        """The camera's picture as it leaves now; None: it does not."""
        now = self._video.sent_live if self._video is not None else None
        if self._video is None or now is None:
            return None
        return Outgoing(now.width, now.height, now.rate, self._video.bitrate)

    @property
    def sent(self) -> Sent:
        """All visits together."""
        if self._video is None or self._audio is None:
            return self._before
        return self._before + Sent(self._video.live, self._video.cards, self._audio.sent)
