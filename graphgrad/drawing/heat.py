"""The scale of a heat map: log10 of a gradient's size to colour and width."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from graphgrad.drawing.scene import Scene
from graphgrad.drawing.theme import cividis

_THIN, _THICK = 1.0, 6.0


@dataclass(frozen=True, slots=True)
class HeatScale:
    """Powers of ten from `low` to `high`."""

    low: int
    high: int

    @classmethod
    def of(cls, scene: Scene) -> HeatScale | None:
        """The whole powers of ten around the scene's gradients; None without any."""
        flows = (edge.gradient for edge in scene.edges)
        sizes = [f.magnitude for f in flows if f and f.magnitude is not None]
        if not sizes:
            return None
        low, high = floor(min(sizes)), ceil(max(sizes))
        return cls(low, max(high, low + 1))

    def level(self, magnitude: float) -> float:
        """Where `magnitude` lies, from 0 at `low` to 1 at `high`.

        Example:
            >>> HeatScale(-8, 0).level(-6)
            0.25
        """
        return (magnitude - self.low) / (self.high - self.low)

    def colour(self, magnitude: float) -> str:
        """The colour of a lane."""
        return cividis(self.level(magnitude))

    def width(self, magnitude: float) -> float:
        """The width of a lane in pixels."""
        return _THIN + (_THICK - _THIN) * self.level(magnitude)
