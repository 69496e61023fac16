"""The function under test, frozen at one point: what every check evaluates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]


class Fault(Exception):  # noqa: N818 - a finding, not an error
    """Something that a vjp does wrong.

    Args:
        kind: the kind of fault in a word or two, as in :attr:`Verdict.kind`.
        reason: one line that says what was seen.
        input: position of the input whose gradient is at fault.
        entry: index of the entry at fault.
        got: what the vjp says there.
        expected: what it should be.
        error: half-width of what is expected.
    """

    def __init__(
        self,
        kind: str,
        reason: str,
        input: int | None = None,
        *,
        entry: tuple[int, ...] | None = None,
        got: float | None = None,
        expected: float | None = None,
        error: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.input = input
        self.entry = entry
        self.got = got
        self.expected = expected
        self.error = error


class Undecided(Exception):  # noqa: N818 - a finding, not an error
    """The point does not allow a judgement; says why."""

    def __init__(self, reason: str, kind: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


def read_only(array: Array) -> Array:
    """A view that refuses to be written to."""
    view = np.asarray(array).view()  # arithmetic turns 0-d arrays into scalars
    view.flags.writeable = False
    return view


def carries_gradient(array: Array) -> bool:
    """Whether a small change of the array's entries means anything."""
    return array.dtype.kind == "f"


def weights_like(output: Array, rng: np.random.Generator) -> Array:
    """Weights of mixed sign, none near zero, so that no output entry is ignored."""
    size = rng.uniform(0.5, 1.5, output.shape)
    sign = rng.choice((-1.0, 1.0), output.shape)
    return np.asarray(size * sign, dtype=output.dtype)


@dataclass(frozen=True)
class Direction:
    """A straight line through the inputs.

    Args:
        parts: change of each moved input per unit step, by input position.
        entry: the input and the flat index, when only one entry moves.
    """

    parts: dict[int, Array]
    entry: tuple[int, int] | None = None


def shifted(inputs: Sequence[Array], direction: Direction, step: float) -> list[Array]:
    """Arrays moved by ``step`` along the direction."""
    return [
        np.asarray(x + step * direction.parts[i], x.dtype)
        if i in direction.parts
        else x
        for i, x in enumerate(inputs)
    ]


@dataclass
class Problem:
    """A pair ``(fn, vjp)`` at one point, with one random cotangent.

    Args:
        fn: the function; takes the inputs.
        vjp: its claimed gradient; takes the cotangent, the output and the inputs.
        inputs: the arrays; floating ones can be moved.
        output: ``fn(*inputs)``.
        cotangent: weights of the output entries.
        gradients: what the vjp said, one array per input, in the inputs' shapes.
        evaluations: how often ``fn`` was called.
        nudged: the vjp's own noise by distance, once it has been measured.
        finite: the gradients with zeros for what is not finite.
    """

    fn: Function
    vjp: Function
    inputs: tuple[Array, ...]
    output: Array
    cotangent: Array
    gradients: tuple[Array, ...]
    evaluations: int = 0
    nudged: dict[float, list[Array]] = field(default_factory=dict)
    finite: tuple[Array, ...] = field(init=False)
    weights: Array = field(init=False)

    def __post_init__(self) -> None:
        self.weights = self.cotangent.astype(np.float64).ravel()
        # Entries that are not finite are judged one by one, apart from all others.
        self.finite = tuple(
            g if np.isfinite(g).all() else np.where(np.isfinite(g), g, 0.0)
            for g in self.gradients
        )

    @property
    def movable(self) -> list[int]:
        """Positions of the inputs that have entries to differentiate by."""
        return [i for i, x in enumerate(self.inputs) if carries_gradient(x) and x.size]

    @cached_property
    def flat(self) -> Array:
        """The output, flat and in float64."""
        return self.output.astype(np.float64).ravel()

    @cached_property
    def eps(self) -> float:
        """The coarsest rounding among the inputs and the output."""
        floats = [x.dtype for x in (*self.inputs, self.output) if carries_gradient(x)]
        return max(float(np.finfo(d).eps) for d in floats)

    def evaluate(self, arrays: Sequence[Array]) -> Array | None:
        """The output, flat and in float64; None where ``fn`` is not defined."""
        self.evaluations += 1
        try:
            result = np.asarray(self.fn(*arrays))
        except Exception:  # it did work at the point itself
            return None
        if result.shape != self.output.shape:
            return None
        flat = result.astype(np.float64, copy=False).ravel()
        return flat if np.isfinite(flat).all() else None

    def moved(self, direction: Direction, step: float) -> list[Array]:
        """The inputs, moved by ``step`` along the direction."""
        return shifted(self.inputs, direction, step)

    def contract(self, change: Array) -> float:
        """The weighted sum of a change of the output."""
        return float(np.dot(self.weights, change))

    def rounding(self, values: Array) -> float:
        """The least error that rounding of ``values`` puts into a weighted sum."""
        return self.eps * float(np.dot(np.abs(self.weights), np.abs(values)))

    @cached_property
    def tiny(self) -> float:
        """The step between the smallest numbers, which rounding is never below."""
        floats = [x.dtype for x in (*self.inputs, self.output) if carries_gradient(x)]
        return max(float(np.finfo(d).smallest_subnormal) for d in floats)

    def absorbed(self, touched: Array | None = None) -> float:
        """How far one output entry can move without a trace, its change rounded off.

        Args:
            touched: which entries can move; by default any.
        """
        sizes = np.abs(self.weights * self.flat)
        if touched is not None and touched.any():
            sizes = sizes[touched]
        return self.eps * float(sizes.max(initial=0.0)) + self.tiny

    @cached_property
    def swing(self) -> Array:
        """How far each weighted output moves when all inputs shrink, turn or shift."""
        rng = np.random.default_rng(0)
        found = np.zeros(self.flat.shape)
        for factor, shift in ((0, 0), (-1, 0), (0.6, 0), (1, 1), (1, -1)):
            # From where it is saturated fn is brought to where it is not.
            moved = [
                np.asarray(x * factor + shift * rng.uniform(0.5, 1.5, x.shape), x.dtype)
                if carries_gradient(x)
                else x
                for x in self.inputs
            ]
            values = self.evaluate(moved)
            if values is not None:
                change = np.abs(self.weights * (values - self.flat))
                np.maximum(found, change, out=found)
        return found

    def claimed(self, start: Sequence[Array], end: Sequence[Array]) -> float:
        """The change of the weighted sum that the vjp's gradients promise."""
        total = 0.0
        for i, gradient in enumerate(self.finite):
            if start[i] is not end[i]:
                change = (end[i] - start[i]).astype(np.float64, copy=False)
                total += float(np.vdot(gradient, change))
        return total

    def slope(self, direction: Direction) -> float:
        """The derivative along the direction that the vjp's gradients promise."""
        parts = direction.parts.items()
        return sum(float(np.vdot(self.finite[i], d)) for i, d in parts)


def call_vjp(
    vjp: Function, cotangent: Array, output: Array, inputs: Sequence[Array]
) -> list[Array | None]:
    """The vjp's answer as a list with one entry per input.

    Raises:
        Fault: when the number of gradients is not the number of inputs, or the vjp
            raises.
    """
    try:
        answer = vjp(cotangent, output, *inputs)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        if "read-only" in said:
            reason = f"the vjp writes to an argument: {said}"
            raise Fault("writes to input", reason) from None
        raise Fault("raises", f"the vjp raised {said}") from None
    if not isinstance(answer, (tuple, list)):
        answer = (answer,)
    if len(answer) != len(inputs):
        raise Fault(
            "count", f"{len(answer)} gradients for {len(inputs)} inputs; one per input"
        )
    return [None if g is None else np.asarray(g) for g in answer]


def filled(answer: Sequence[Array | None], inputs: Sequence[Array]) -> list[Array]:
    """The answer in float64, with None and integer gradients as zeros."""
    return [
        np.zeros(x.shape)
        if g is None or not carries_gradient(x)
        else g.astype(np.float64, copy=False)
        for g, x in zip(answer, inputs, strict=True)
    ]
