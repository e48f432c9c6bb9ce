"""PURE: what was said about the picture in one visit, and when it was over. In memory only."""

from dataclasses import dataclass, field, replace

from agent.messages import Light, LightChanged


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning. Times in seconds on the camera's clock."""

    light: Light
    at: float
    over_at: float | None = None


@dataclass
class Diary:
    """The warnings of one visit, oldest first."""

    warned: list[Warned] = field(default_factory=list)

    def note(self, word: LightChanged, at: float) -> None:
        """Something was said at this time."""
        if word.light is not Light.GOOD:
            if not word.repeated:
                self.warned.append(Warned(word.light, at))
        elif self.warned and self.warned[-1].over_at is None:
            self.warned[-1] = replace(self.warned[-1], over_at=at)
