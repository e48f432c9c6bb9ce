"""Our encoders in place of those of the WebRTC library."""

from functools import partial

from agent.meeting.aiortc_hooks import measure_cheaply, use_encoders
from agent.meeting.opus import MonoOpusEncoder, level_dbov
from agent.video.encoder import MOST_BITRATE, VpxContexts, X264Encoder


def use_fast_encoders(most: int = MOST_BITRATE) -> None:
    """In every call of this process from now on. most: bits per second at most for the picture."""
    use_encoders(partial(X264Encoder, most), partial(VpxContexts, most), MonoOpusEncoder)
    measure_cheaply(level_dbov)
