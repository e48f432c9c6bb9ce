"""PURE: how good one picture is technically, as numbers with units. Nothing is looked for in it.

`tones` measures light and colour, `texture` sharpness, `between` noise and motion from two frames,
`reference` a shadow that has arrived; `reading` puts them together. What they mean is `judging`'s.
"""

from agent.video.lighting.reading import LightReading, read_light
from agent.video.lighting.tones import MID_GREY, WHITE

__all__ = ["MID_GREY", "WHITE", "LightReading", "read_light"]
