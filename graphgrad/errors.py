"""Every exception that graphgrad raises.

Each class is also a subclass of the built-in that a caller would catch. A message
has up to four parts, always in this order: what was wrong (with the op in front),
the inputs, the user's line, and the remedy::

    add: shapes (2, 3) and (4,) do not broadcast: axis -1 has 3 against 4
      input 0  a (2, 3) float64, made at model.py:10: a = gg.variable(...)
      input 1  b (4,) float64, made at model.py:11: b = gg.variable(...)
      at       model.py:12: y = a + b
      remedy   make the axes equal, or 1, with reshape or expand_dims
"""

from __future__ import annotations


class GraphgradError(Exception):
    """Base of all errors of graphgrad.

    Args:
        problem: what was wrong, with the shapes, dtypes or names at fault.
        remedy: what to write instead; empty when there is no one answer.
    """

    def __init__(self, problem: str, *, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.op = ""
        self.details: list[tuple[str, str]] = []

    def within(self, op: str, details: list[tuple[str, str]]) -> GraphgradError:
        """Add the op that failed and lines of context; the innermost op stays."""
        if not self.op:
            self.op = op
            self.details = details
        return self

    def __str__(self) -> str:
        head = f"{self.op}: {self.problem}" if self.op else self.problem
        rows = [*self.details]
        if self.remedy:
            rows.append(("remedy", self.remedy))
        width = max((len(label) for label, _ in rows), default=0)
        below = "\n" + " " * (width + 4)
        lines = [f"  {a:<{width}}  {b.replace(chr(10), below)}" for a, b in rows]
        return "\n".join([head, *lines])


class ShapeError(GraphgradError, ValueError):
    """Shapes that do not fit the op, or each other."""


class AxisError(ShapeError, IndexError):
    """An axis that a shape does not have, or that is named twice."""


class DTypeError(GraphgradError, TypeError):
    """A dtype that the op, or graphgrad, does not take."""


class ArgumentError(GraphgradError, TypeError):
    """Arguments that an op or a function does not take."""


class IndexingError(GraphgradError, IndexError):
    """An index that the tensor does not have, or that cannot be part of a graph."""


class BindingError(GraphgradError, ValueError):
    """A binding of placeholders that is unknown, doubled or does not fit."""


class UnboundPlaceholderError(GraphgradError, LookupError):
    """An evaluation that needs the value of a placeholder that has none."""


class AssignmentError(GraphgradError, TypeError):
    """An assignment to a tensor that cannot be assigned."""


class GradientError(GraphgradError, ValueError):
    """A gradient that does not exist."""


class EvaluationError(GraphgradError, RuntimeError):
    """A forward rule that failed on the values it was given."""


class BackendError(GraphgradError, RuntimeError):
    """A backend that is unknown or not at hand."""


class DrawingError(GraphgradError, ValueError):
    """A picture that cannot be drawn or written."""


class ExpressionError(GraphgradError, ValueError):
    """An expression on the command line that is refused."""


class DataError(GraphgradError, ValueError):
    """A data file that is missing, damaged or not what it should be."""


class CheckError(GraphgradError, AssertionError):
    """A gradient that a check found wrong."""
