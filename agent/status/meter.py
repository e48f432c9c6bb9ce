"""PURE: the picture's quality as words and figures for the screen."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.messages import Light, LightFound, LightGround


@dataclass(frozen=True, slots=True)
class Readout:
    """What the camera tells; None: it does not, or it cannot be believed."""

    exposure_s: float | None = None
    gain: float | None = None
    """In the camera's own unit."""
    rate: float | None = None
    """Pictures a second."""
    lux: float | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The camera's picture as it leaves for the room."""

    width: int
    height: int
    rate: float
    """Pictures a second."""
    bitrate: int | None = None
    """Bits per second that the way to the room has for it, as far as it is known."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A warning that was given."""

    light: Light
    clock: str
    """The time of day."""
    seconds: float | None = None
    """How long it took until it was put right; None: it was not."""


@dataclass(frozen=True, slots=True)
class Meter:
    """The picture as it is measured now, whether or not it was worth a word."""

    light: Light = Light.UNKNOWN
    figures: Mapping[str, float] = field(default_factory=dict)
    """By the names that `light_figures` in `config/pages/status.yaml` has places for."""
    minutes: Mapping[Light, float] = field(default_factory=dict)
    """How long it has been in each state this visit."""
    muted: frozenset[Light] = frozenset()
    """The faults that the nurse has accepted."""
    readout: Readout | None = None
    spoken: tuple[Spoken, ...] = ()
    """The warnings of this visit, or of the last one."""
    outgoing: Outgoing | None = None


NOT_MEASURED = Meter()

FORMATS = {"white": "+.1f", "middle": "+.1f", "blur": ".2f", "noise": ".1f"}
"""Figure -> how it is written."""


def measured(meter: Meter, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The figures behind the state, and the minutes in each: what it is about, as it is shown.

    Nothing while nothing is measured.
    """
    if meter.outgoing is not None:
        yield "outgoing", words["sent_form"].format(**_leaves(meter.outgoing))
    if meter.figures:
        figures = {name: _number(value, FORMATS[name]) for name, value in meter.figures.items()}
        yield "figures", words["light_figures"].format(**figures)
    if meter.readout is not None:
        yield "exposure", words["light_exposure"].format(**_read_out(meter.readout, words))
    if meter.spoken:
        yield "warned", "; ".join(_said(one, words) for one in meter.spoken)
    if meter.minutes:
        spent = [
            words["light_minutes"].format(
                state=words[light_word(light)], minutes=_number(meter.minutes[light], ".1f")
            )
            for light in Light
            if light in meter.minutes
        ]
        yield "minutes", ", ".join(spent)
    if meter.muted:
        yield (
            "muted",
            ", ".join(words[light_word(light)] for light in Light if light in meter.muted),
        )


def measured_once(found: LightFound, words: Mapping[str, str]) -> str:
    """What was found at the checklist's point, and from what. «Ukjent» has no grounds."""
    state = words[light_word(found.light)]
    grounds = [words[f"ground_{one}"] for one in LightGround if one in found.grounds]
    if not grounds:
        return state
    if found.lux is not None:
        grounds.append(words["light_lux"].format(lux=_number(found.lux, ".0f")))
    return words["light_measured"].format(state=state, grounds=", ".join(grounds))


def _leaves(outgoing: Outgoing) -> dict[str, str]:
    bitrate = math.nan if outgoing.bitrate is None else outgoing.bitrate / 1e6
    return {
        "width": str(outgoing.width),
        "height": str(outgoing.height),
        "rate": _number(outgoing.rate, ".0f"),
        "mbps": _number(bitrate, ".1f"),
    }


def _read_out(readout: Readout, words: Mapping[str, str]) -> dict[str, str]:
    nothing = math.nan
    exposure = nothing if readout.exposure_s is None else 1000 * readout.exposure_s
    light = words["lux_unknown"]
    if readout.lux is not None:
        light = words["light_lux"].format(lux=_number(readout.lux, ".0f"))
    return {
        "exposure": _number(exposure, ".1f"),
        "gain": _number(nothing if readout.gain is None else readout.gain, ".0f"),
        "rate": _number(nothing if readout.rate is None else readout.rate, ".0f"),
        "lux": light,
    }


def _said(one: Spoken, words: Mapping[str, str]) -> str:
    form = words["warned_open" if one.seconds is None else "warned_over"]
    state = words[light_word(one.light)]
    return form.format(state=state, clock=one.clock, seconds=_number(one.seconds or 0, ".0f"))


def light_word(light: Light) -> str:
    """The word of `config/pages/status.yaml` for a state."""
    return f"light_{light.name.lower()}"


def _number(value: float, form: str) -> str:
    """With the comma that Norwegian has; a dash for what could not be measured."""
    return "–" if math.isnan(value) else format(value, form).replace(".", ",")
