"""The verdict on a gradient, and the report that it prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

from graphgrad.errors import CheckError
from graphgrad.graph.graph import Graph
from graphgrad.testing.problem import Array
from graphgrad.testing.recognise import ratio_text
from graphgrad.testing.sketch import sketch


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Args:
        verdict: "right", "wrong" or "inconclusive".
        op: name of the op or function that was checked.
        kind: kind of fault: "value", "shape", "dtype", "count", "nan", "ties",
            "not linear", "writes to input", "not repeatable", "layout", "raises",
            "second order", "all zero"; empty when right.
        input: position of the input at fault, None if it is not one input.
        name: name of that input, empty if it has none.
        entry: index of the worst entry at fault, None if it is not one entry.
        got: what the vjp says there.
        expected: what differences say there.
        error: half-width of ``expected``.
        reason: one line that says what was seen, or why nothing can be said.
        hint: what the fault looks like, with a question mark.
        entries: how many entries or directions were judged.
        examples: at how many inputs, where more than one was drawn.
        faulty: how many of them were wrong.
        where: the user's line: where the node was made, or the vjp written.
        inputs: the arrays at which it is wrong.
        graph: the smallest graph found that is wrong, with these arrays in it; to be
            drawn, say. None for a pair (fn, vjp).
        reproduce: code that runs the check again.

    Example:
        >>> print(Verdict("right", "sin", entries=4))
        Gradient of `sin` is right: 4 derivatives agree with differences
    """

    verdict: str
    op: str
    kind: str = ""
    input: int | None = None
    name: str = ""
    entry: tuple[int, ...] | None = None
    got: float | None = None
    expected: float | None = None
    error: float | None = None
    reason: str = ""
    hint: str = ""
    entries: int = 0
    examples: int = 1
    faulty: int = 0
    where: str = ""
    inputs: tuple[Array, ...] = field(default=(), repr=False)
    graph: Graph | None = None
    reproduce: str = ""

    @property
    def ok(self) -> bool:
        """Whether the gradient is right."""
        return self.verdict == "right"

    def raise_if_wrong(self) -> Verdict:
        """Return the verdict, unless it is "wrong".

        Raises:
            CheckError: with the report as its message.
        """
        if self.verdict == "wrong":
            raise CheckError(str(self))
        return self

    def __str__(self) -> str:
        head = f"Gradient of `{self.op}` is {self.verdict}"
        if self.ok:
            what = "derivative agrees" if self.entries == 1 else "derivatives agree"
            where = f", at {self.examples} inputs" if self.examples > 1 else ""
            return f"{head}: {self.entries} {what} with differences{where}"
        if self.verdict == "inconclusive":
            return f"{head}: {self.reason}"
        return "\n".join([f"{head}: {self._place()}", *map(_indented, self._lines())])

    def _place(self) -> str:
        if self.input is None:
            return self.kind
        name = f" `{self.name}`" if self.name else ""
        entry = "" if self.entry is None else f", entry {self.entry}"
        kind = "" if self.kind == "value" else f" ({self.kind})"
        return f"input {self.input}{name}{entry}{kind}"

    def _lines(self) -> list[str]:
        lines = []
        if self.got is not None and self.expected is not None:
            lines.append(self._numbers())
        lines += [line for line in (self.reason, self.hint) if line]
        if self.faulty > 1:
            lines.append(f"{self.faulty} of {self.entries} judged are wrong")
        if self.where:
            lines.append(_labelled("made at", self.where))
        if self.graph is not None:
            lines.append(_labelled("minimal graph", sketch(self.graph)))
        if self.reproduce:
            lines.append(_labelled("reproduce", self.reproduce))
        return lines

    def _numbers(self) -> str:
        assert self.got is not None
        assert self.expected is not None
        line = f"the vjp says   {_number(self.got):<10}  "
        if self.error is None:
            return f"{line}exactly     {_number(self.expected)}"
        line += f"numerically {_number(self.expected)} ± {self.error:.0e}"
        ratio = ratio_text(self.got, self.expected, self.error)
        return f"{line}      ratio {ratio}" if ratio else line


def _labelled(label: str, text: str) -> str:
    first, *rest = text.splitlines()
    lines = [f"{label:<15}{first}", *(" " * 15 + line for line in rest)]
    return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())


def _number(value: float) -> str:
    """Four significant digits; trailing zeros stay, so that columns can be compared."""
    if not isfinite(value):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:#.4g}"
    return f"{value:.3e}"
