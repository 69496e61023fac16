"""The scale of a heat map: log10 of a gradient's size to colour and width."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from graphgrad.drawing.scene import Scene
from graphgrad.drawing.theme import cividis
from graphgrad.errors import DrawingError

_THIN, _THICK = 1.0, 6.0


@dataclass(frozen=True, slots=True)
class HeatScale:
    """Powers of ten from `low` to `high`."""

    low: int
    high: int

    @classmethod
    def of(
        cls, scene: Scene, given: tuple[float, float] | None = None
    ) -> HeatScale | None:
        """The whole powers of ten around the scene's gradients; None without any.

        Args:
            scene: what is coloured.
            given: the powers to take instead.

        Raises:
            DrawingError: for a range without a length.
        """
        if given is not None:
            low, high = map(round, given)
            if low >= high:
                raise DrawingError(
                    f"the heat scale cannot run from 1e{low} to 1e{high}",
                    remedy="give the exponents of the smallest and the largest size",
                )
            return cls(low, high)
        flows = (edge.gradient for edge in scene.edges)
        sizes = [f.magnitude for f in flows if f and f.magnitude is not None]
        if not sizes:
            return None
        low, high = floor(min(sizes)), ceil(max(sizes))
        return cls(low, max(high, low + 1))

    def level(self, magnitude: float) -> float:
        """Where `magnitude` lies, from 0 at `low` or below to 1 at `high` or above.

        Example:
            >>> HeatScale(-8, 0).level(-6)
            0.25
        """
        level = (magnitude - self.low) / (self.high - self.low)
        return min(max(level, 0.0), 1.0)

    def colour(self, magnitude: float) -> str:
        """The colour of a lane."""
        return cividis(self.level(magnitude))

    def width(self, magnitude: float) -> float:
        """The width of a lane in pixels."""
        return _THIN + (_THICK - _THIN) * self.level(magnitude)
