"""What is wrong with a run: values that are not finite, gradients that get lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError, GradientError
from graphgrad.execute.run import Run
from graphgrad.graph.body import Body
from graphgrad.graph.declare import expansion
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import interpret
from graphgrad.insight.flow import Flow, arrays_of, is_finite, is_zero, norm
from graphgrad.insight.saturation import LIMITS, saturated
from graphgrad.insight.zero import why_zero
from graphgrad.shapes import show

_MOST = 5  # of a kind that are told one by one
_LAYERS = 3  # from where on layers are compared
_EXAMPLES = 8  # from where on chance hardly leaves a unit at 0 for all of them
_FAR = 4  # standard deviations
_ACTIVATIONS = {
    *("relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "softplus"),
    *("sigmoid", "tanh", "softsign", "erf"),
}
_RESHAPING = {"expand_dims", "reshape", "getitem", "broadcast_to"}


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
        flow: the values and gradients that they were found in.
    """

    findings: tuple[Finding, ...]
    flow: Flow = field(repr=False, compare=False)

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
    try:
        _ = flow.adjoints
    except GradientError as error:  # a loop without a bound: values alone
        y, flow.y = flow.y, None
        nodes = [] if y is None else [y]
        lost = (Finding("no gradient", node, f"{error}") for node in nodes)
        return Diagnosis((*_forward(flow), *lost), flow)
    checks = (_forward, _backward, _layers, _units, _unreached, _broadcasts)
    return Diagnosis(tuple(f for check in checks for f in check(flow)), flow)


def _forward(flow: Flow) -> Iterator[Finding]:
    """Nodes that made the first values that are not finite."""
    bad = {x for x in flow.order if not is_finite(flow.value(x))}
    reached = not bad.isdisjoint(flow.run.outputs)
    origins = [x for x in flow.order if x in bad and bad.isdisjoint(x.inputs)]
    if not reached:  # a mask of -inf is meant
        origins = [x for x in origins if x.op is not CONSTANT or _has_nan(flow, x)]
    for node in origins[:_MOST]:
        verb = "gives" if node.inputs else "is"
        odd = _odd(flow.value(node))
        lines = [f"{_called(node)} {verb} {odd}, made at {node.where()}"]
        if inner := _inside(flow, node):
            lines.append(f"  inside it, {inner}")
        for i, x in enumerate(node.inputs):
            lines.append(f"  input {i}: {describe(x)}, {_range(flow.value(x))}")
        if not reached:
            lines.append("  it does not reach an output: what follows leaves it out")
        yield Finding("forward", node, "\n".join(lines))


def _has_nan(flow: Flow, node: Tensor) -> bool:
    return any(bool(np.isnan(a).any()) for a in arrays_of(flow.value(node)))


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
    """Gradients that differ by orders of magnitude from layer to layer."""
    weights = [(x, _size(flow, x)) for x in _weights(flow)]
    sizes = [(x, size) for x, size in weights if size > 0]
    if len(sizes) >= _LAYERS:
        yield from _huge(flow, sizes)
    if found := _compared(sizes, "gradients"):
        yield found
        return
    # Layers that share their weights, or have none.
    made = [x for x in flow.order if x.op.name in _ACTIVATIONS and x in flow.adjoints]
    results = [(x, _size(flow, x)) for x in made]
    if found := _compared([p for p in results if p[1] > 0], "gradients of the results"):
        yield found


def _weights(flow: Flow) -> list[Tensor]:
    """Parameters that factors are multiplied by, in the order of their use."""
    found = [x for x in _parameters(flow) if not _only_added(flow, x)]
    matrices = [x for x in found if x.ndim > 1]
    chosen = matrices if len(matrices) >= _LAYERS else found
    return sorted(chosen, key=lambda x: flow.users[x][0].serial)


def _only_added(flow: Flow, x: Tensor) -> bool:
    return all(user.op.name in ("add", "subtract") for user in flow.users[x])


def _size(flow: Flow, x: Tensor) -> float:
    """The root mean square of a gradient; 0 if there is none, or no finite one."""
    gradient = flow.adjoints.get(x)
    if gradient is None or not is_finite(gradient):
        return 0.0
    return _rms(gradient)


def _rms(value: Any) -> float:
    count = max(sum(a.size for a in arrays_of(value)), 1)
    return norm(value) / float(np.sqrt(count))


def _compared(sizes: list[tuple[Tensor, float]], what: str) -> Finding | None:
    """The first layer's gradient against the last one's."""
    if len(sizes) < _LAYERS:
        return None
    (first, size), (last, other) = sizes[0], sizes[-1]
    ratio = size / other
    if 1e-3 < ratio < 1e3:
        return None
    shown = sizes if len(sizes) <= 12 else [*sizes[:6], *sizes[-6:]]
    steps = [f"{s:.1e}" for _, s in shown]
    if len(sizes) > len(shown):
        steps.insert(6, "…")
    text = (
        f"the {what} of {_called(first)} are {ratio:.1e} times those of "
        f"{_called(last)}\n  root mean squares, layer by layer: {' → '.join(steps)}"
    )
    return Finding("vanishing" if ratio < 1 else "exploding", first, text)


def _huge(flow: Flow, sizes: list[tuple[Tensor, float]]) -> Iterator[Finding]:
    """The weights whose gradient is by far larger than they are themselves."""
    norms = [(x, g, _rms(flow.value(x))) for x, g in sizes]
    shares = [(g / w, x) for x, g, w in norms if w > 0]
    share, x = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    if x is not None and share > 1e3:
        text = f"the gradient of {_called(x)} is {share:.1e} times as large as it is"
        yield Finding("exploding", x, text)


def _units(flow: Flow) -> Iterator[Finding]:
    """Units that are 0, or at their limits, for all examples."""
    for node in flow.order:
        if node.op.name not in ("relu", *LIMITS) or node.ndim < 2:
            continue
        value = np.asarray(flow.value(node))
        if not value.size or len(value) < 2:
            continue
        axes = (0, *range(2, node.ndim))
        if node.op.name == "relu":
            kind, state = "dead", "are 0"
            stuck, far = _dead(np.asarray(flow.value(node.inputs[0])), axes)
        else:
            low, high = LIMITS[node.op.name]
            kind, state = "saturated", f"are below {low} or above {high}"
            stuck = far = np.asarray(saturated(node.op.name, value).all(axes))
        # A few examples leave units at 0 by chance.
        likely = value.size // stuck.size >= _EXAMPLES
        if stuck.all() or (likely and (stuck.mean() >= 0.5 or far.mean() >= 0.1)):
            yield Finding(
                kind,
                node,
                f"{int(stuck.sum())} of the {stuck.size} units of {_called(node)} "
                f"{state} for all {len(value)} examples, made at {node.where()}",
            )


def _dead(z: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Units that no example switches on, and those that hardly any other would."""
    with np.errstate(all="ignore"):
        far = z.mean(axes) + _FAR * z.std(axes) < 0
    stuck = np.asarray((z <= 0).all(axes))
    return stuck, stuck & far


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
        op = node.op
        entrywise = op.batch == "elementwise" or op.domain.signature == "()"
        if not entrywise or op.multiple or len(node.inputs) != 2:
            continue
        if any(x.op.name in _RESHAPING for x in node.inputs):  # it is meant
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
