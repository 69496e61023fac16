"""What is wrong with a run: values that are not finite, gradients that get lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError
from graphgrad.execute.run import Run
from graphgrad.graph.body import Body
from graphgrad.graph.declare import expansion
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import interpret
from graphgrad.insight.flow import Flow, arrays_of, is_finite, is_zero
from graphgrad.insight.zero import why_zero
from graphgrad.shapes import show

_MOST = 5  # of a kind that are told one by one


@dataclass(frozen=True)
class Finding:
    """One thing that may be wrong.

    Attributes:
        kind: "forward", "backward", "vanishing", "exploding", "dead", "saturated",
            "no gradient" or "broadcast".
        node: where.
        text: what, in words and numbers.
    """

    kind: str
    node: Tensor
    text: str


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found; printed, it is a report.

    Attributes:
        findings: in the order in which they should be looked at.
    """

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        if self.ok:
            return "nothing suspicious was found"
        return "\n".join(f"{f.kind}: {f.text}" for f in self.findings)


def diagnose(target: Run | Tensor, *, of: Tensor | None = None) -> Diagnosis:
    """Look for what is wrong with a run.

    The first nodes whose values or gradients are NaN or infinite, layers whose
    gradients vanish or explode, units that are dead or saturated for all examples,
    parameters without a gradient and why, broadcasts that were hardly meant. The run is
    looked at as it is: nothing needs to be switched on before.

    Args:
        target: a run, or a tensor that depends on no placeholder.
        of: the scalar whose gradients are looked at; by default the first output that
            is one. Without one only values are looked at.

    Raises:
        ArgumentError: for anything but a run or tensor.
        GradientError: if what gradients are of is no scalar.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([4.0, 0.0], name="x")
        >>> report = gg.diagnose(gg.sum(gg.sqrt(x) * 2))
        >>> [finding.kind for finding in report.findings]
        ['backward']
        >>> print(report.findings[0].text.partition(", made")[0])
        the gradient becomes inf in 1 of 2 entries on the way from sqrt to 'x'
    """
    if not isinstance(target, Run | Tensor):
        raise ArgumentError(
            f"a run is diagnosed, not {type(target).__name__}",
            remedy="write gg.diagnose(gg.run(loss, {x: array}))",
        )
    flow = Flow(target, of)
    checks = (_forward, _backward, _layers, _units, _unreached, _broadcasts)
    return Diagnosis(tuple(f for check in checks for f in check(flow)))


def _forward(flow: Flow) -> Iterator[Finding]:
    """Nodes that made the first values that are not finite."""
    bad = {x for x in flow.order if not is_finite(flow.value(x))}
    origins = [x for x in flow.order if x in bad and bad.isdisjoint(x.inputs)]
    for node in origins[:_MOST]:
        lines = [
            f"{_called(node)} gives {_odd(flow.value(node))}, made at {node.where()}"
        ]
        if inner := _inside(flow, node):
            lines.append(f"  inside it, {inner}")
        for i, x in enumerate(node.inputs):
            lines.append(f"  input {i}: {describe(x)}, {_range(flow.value(x))}")
        if bad.isdisjoint(flow.run.outputs):
            lines.append("  it does not reach an output: what follows leaves it out")
        yield Finding("forward", node, "\n".join(lines))


def _inside(flow: Flow, node: Tensor) -> str | None:
    """Which op of a composite made it, from which inputs."""
    if not node.op.composite:
        return None
    kinds = tuple((x.shape, x.dtype) for x in node.inputs)
    body = Body(*expansion(node.op, kinds, node.attrs))
    given = [flow.value(x) for x in node.inputs]
    values: dict[Tensor, Any] = dict(zip(body.inputs, given, strict=True))
    interpret(body.order, values, flow.run._sizes)
    for inner in body.order:
        if inner.inputs and not is_finite(values[inner]):
            ranges = ", ".join(_range(values[x]) for x in inner.inputs)
            return f"{inner.op.name} gives {_odd(values[inner])} of {ranges}"
    return None


def _backward(flow: Flow) -> Iterator[Finding]:
    """Edges on which a gradient that was finite becomes NaN or infinite."""
    count = 0
    for node in reversed(flow.order):
        if node not in flow.adjoints or is_finite(flow.adjoints[node]):
            continue
        for user, i, part in flow.received(node):
            if is_finite(part) or not is_finite(flow.adjoints[user]):
                continue
            count += 1
            if count > _MOST:
                return
            text = (
                f"the gradient becomes {_odd(part)} on the way from {_called(user)} to "
                f"{_called(node)}, made at {user.where()}\n"
                f"  what arrives at {_called(user)}: {_range(flow.adjoints[user])}\n"
                f"  input {i}: {describe(node)}, {_range(flow.value(node))}"
            )
            yield Finding("backward", user, text)


def _parameters(flow: Flow) -> list[Tensor]:
    leaves = (x for x in flow.order if x.op.name == "variable" and x.differentiable)
    return [x for x in leaves if x.attrs["trainable"]]


def _layers(flow: Flow) -> Iterator[Finding]:
    """Weights whose gradients differ by orders of magnitude from layer to layer."""
    sizes = []
    for x in _parameters(flow):
        if x.ndim > 1 and x in flow.adjoints and is_finite(flow.adjoints[x]):
            g = np.asarray(flow.adjoints[x], np.float64)
            most = float(np.abs(g).max(initial=0)) or 1.0
            sizes.append((x, most * float(np.sqrt(np.mean((g / most) ** 2)))))
    sizes = [(x, size) for x, size in sizes if size > 0]
    if len(sizes) < 3:
        return
    yield from _huge(sizes)
    first, last = sizes[0][1], sizes[-1][1]
    ratio = first / last
    if 1e-3 < ratio < 1e3:
        return
    kind = "vanishing" if ratio < 1 else "exploding"
    steps = " → ".join(f"{size:.1e}" for _, size in sizes)
    yield Finding(
        kind,
        sizes[0][0],
        f"the gradients of {_called(sizes[0][0])} are {ratio:.1e} times those of "
        f"{_called(sizes[-1][0])}\n  root mean squares, layer by layer: {steps}",
    )


def _huge(sizes: list[tuple[Tensor, float]]) -> Iterator[Finding]:
    """The weights whose gradient is by far larger than they are themselves."""
    with np.errstate(over="ignore"):
        norms = [(x, g, float(np.sqrt(np.mean(np.square(x.value))))) for x, g in sizes]
    shares = [(g / w, x) for x, g, w in norms if w > 0]
    share, x = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    if x is not None and share > 1e3:
        text = f"the gradient of {_called(x)} is {share:.1e} times as large as it is"
        yield Finding("exploding", x, text)


def _units(flow: Flow) -> Iterator[Finding]:
    """Units that are 0, or at their limits, for all examples."""
    limits = {"sigmoid": (0.01, 0.99), "tanh": (-0.99, 0.99)}
    for node in flow.order:
        if node.op.multiple:
            continue
        value = flow.value(node)
        if node.ndim < 2 or len(value) < 2 or node.dtype.kind != "f":
            continue
        axes = (0, *range(2, node.ndim))
        units, examples = value.shape[1], len(value)
        if node.op.name == "relu":
            kind, share = "dead", (value <= 0).all(axes)
            state = "are 0"
        elif node.op.name in limits:
            low, high = limits[node.op.name]
            kind, share = "saturated", ((value < low) | (value > high)).all(axes)
            state = f"are below {low} or above {high}"
        else:
            continue
        if share.mean() >= 0.1:
            yield Finding(
                kind,
                node,
                f"{int(share.sum())} of the {units} units of {_called(node)} {state} "
                f"for all {examples} examples, made at {node.where()}",
            )


def _unreached(flow: Flow) -> Iterator[Finding]:
    """Parameters without a gradient, and why."""
    if flow.y is None:
        return
    for x in _parameters(flow):
        if x not in flow.adjoints or is_zero(flow.adjoints[x]):
            reason = why_zero(flow, x)
            yield Finding("no gradient", x, f"{_called(x)}: {reason}")


def _broadcasts(flow: Flow) -> Iterator[Finding]:
    """A column against a row of as many numbers, which makes a square."""
    for node in flow.order:
        if node.op.batch != "elementwise" or len(node.inputs) != 2:
            continue
        a, b = (np.shape(flow.value(x)) for x in node.inputs)
        short, tall = sorted((a, b), key=len)
        if len(short) == 1 and tall == (short[0], 1) and short[0] > 1:
            yield Finding(
                "broadcast",
                node,
                f"{_called(node)} of {show(a)} and {show(b)} is "
                f"{show(np.shape(flow.value(node)))}, made at {node.where()}\n"
                "  was it meant entry by entry? Reshape one of them",
            )


def _called(node: Tensor) -> str:
    name = f"{node.name!r}" if node.name else node.op.name
    return f"{name} in {node.scope}" if node.scope else name


def _odd(value: Any) -> str:
    """Which values are not finite, and how many."""
    array = next(a for a in arrays_of(value) if not is_finite(a))
    wrong = array[~np.isfinite(array)]
    kinds = {"nan": np.isnan(wrong), "inf": wrong == np.inf, "-inf": wrong == -np.inf}
    names = " and ".join(name for name, found in kinds.items() if np.any(found))
    return f"{names} in {wrong.size} of {array.size} entries"


def _range(value: Any) -> str:
    if not is_finite(value):
        return _odd(value)
    (array, *_) = arrays_of(value)
    if not array.size:
        return "empty"
    if array.size == 1:
        return f"{array.reshape(())[()]:.4g}"
    return f"{array.min():.4g} to {array.max():.4g}"
