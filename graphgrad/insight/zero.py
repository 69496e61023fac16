"""Why a gradient is zero, or why there is none.

A reason is told only if it is the cause: what a node sends back is computed again with
other gradients, or with another input, and compared.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from graphgrad.autodiff.reverse import contributions
from graphgrad.errors import GraphgradError
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import compute
from graphgrad.insight.flow import Flow, arrays_of, is_finite, is_zero, label
from graphgrad.insight.local import local_formula

_SATURATING = {"sigmoid", "tanh", "softmax", "erf", "erfc", "softsign", "log_softmax"}
_ONE_SIDED = {
    "relu": "≤ 0",
    **dict.fromkeys(("elu", "selu", "softplus"), "far below 0"),
}
_CHOOSING = {"where", "maximum", "minimum", "max", "min", "max_pool2d"}


def why_zero(flow: Flow, x: Tensor) -> str | None:
    """Why no gradient, or one of zeros, reaches a tensor; None if one does.

    The reasons: the scalar does not depend on it, a `stop_gradient`, whole numbers, an
    op without slope, a unit that is saturated or dead, a choice that went elsewhere, a
    factor that is exactly zero, parts that cancel, numbers too small for the dtype.
    """
    y = flow.y
    if y is None or x is y:
        return None
    if reason := unreached(y, x, flow.before):
        return reason
    if x not in flow.adjoints:
        return _stopped(flow, x)
    if not is_zero(flow.adjoints[x]):
        return None
    return _vanished(flow, x)


def unreached(y: Tensor, x: Tensor, before: Collection[Tensor]) -> str | None:
    """Why there is no gradient, where that can be said without values.

    Args:
        y: a scalar.
        x: a tensor.
        before: all that y depends on.
    """
    if not x.differentiable:
        return f"its dtype is {x.dtype}: gradients are of floating-point numbers"
    if x not in set(before):
        return f"disconnected: {label(y)} does not depend on it"
    return None


def _stopped(flow: Flow, x: Tensor) -> str:
    """Why there is no gradient: the first op on the way that lets none through."""
    stack, seen = [x], {x}
    reasons = []
    while stack:
        node = stack.pop()
        for user in flow.users[node]:
            if user in seen or user not in flow.before:
                continue
            seen.add(user)
            if user.op.name == "stop_gradient":
                reasons.append(f"stopped: by stop_gradient at {user.where()}")
            elif not user.op.multiple and not user.differentiable:
                what = f"{label(user)} gives {user.dtype} at {user.where()}"
                reasons.append(f"whole numbers: {what}")
            elif user in flow.adjoints:
                what = f"{label(user)} at {user.where()}"
                reasons.append(f"no slope: {what} lets no gradient through")
            else:
                stack.append(user)
    return reasons[0] if reasons else "nothing flows to it"


def _vanished(flow: Flow, x: Tensor) -> str:
    """Why a gradient is all zeros: followed up to where it was not."""
    node, seen = x, {x}
    while True:
        parts = list(flow.received(node))
        if any(not is_zero(part) for _, _, part in parts):
            return _cancelled(flow, node)
        blocking = [(u, i) for u, i, _ in parts if not is_zero(flow.adjoints[u])]
        if blocking:
            return _blocked(flow, *blocking[0])
        further = [u for u, _, _ in parts if u not in seen]
        if not further:
            return "nothing flows to it"
        node = further[0]
        seen.add(node)


def _cancelled(flow: Flow, node: Tensor) -> str:
    parts = [(u, p) for u, _, p in flow.received(node) if not is_zero(p)]
    names = ", ".join(f"{label(u)} {_brief(p)}" for u, p in parts)
    return f"cancelled: what reaches {label(node)} adds up to 0: {names}"


def _blocked(flow: Flow, user: Tensor, argument: int) -> str:
    """Why a node turns a gradient into zeros."""
    place = f"{label(user)} at {user.where()}"
    upstream = flow.adjoints[user]
    if not is_finite(upstream):
        return f"multiplied by 0: what {place} sends back"
    most = max(float(np.abs(a).max(initial=0)) for a in arrays_of(upstream))
    if _sends(flow, user, argument, _mapped(upstream, lambda a: a / most)):
        kind = user.inputs[argument].dtype
        return f"too small: what {place} sends back is rounded to 0 in {kind}"
    probe = _mapped(upstream, _uneven)
    if _sends(flow, user, argument, probe):
        return f"cancelled: the entries of what {place} sends back add up to 0"
    return _flat(flow, user, argument, probe)


def _sends(flow: Flow, user: Tensor, argument: int, upstream: Any) -> bool:
    return not is_zero(flow.sent(user, upstream)[argument])


def _mapped(gradient: Any, change: Any) -> Any:
    """A gradient changed, each of several results' on its own."""
    if isinstance(gradient, list):
        return [None if g is None else change(np.asarray(g))[()] for g in gradient]
    return change(np.asarray(gradient))[()]


def _uneven(array: np.ndarray) -> np.ndarray:
    """Numbers of no pattern, that hardly cancel, where an array is not 0."""
    spread = 0.5 + np.modf(np.arange(array.size) * 0.6180339887)[0]
    numbers = spread.reshape(array.shape).astype(array.dtype)
    return np.where(array != 0, numbers, np.zeros((), array.dtype))


def _flat(flow: Flow, user: Tensor, argument: int, probe: Any) -> str:
    """Why the local derivative is 0 wherever a gradient arrives."""
    name, place = user.op.name, user.where()
    if name in _ONE_SIDED:
        side = f"{_ONE_SIDED[name]} wherever a gradient arrives"
        return f"dead: the input of {name} at {place} is {side}"
    if name in _SATURATING:
        return f"saturated: {name} at {place} gives {_brief(flow.value(user))}"
    if name in _CHOOSING:
        return f"masked: {name} at {place} takes other entries"
    if name == "clip":
        return f"masked: the input of clip at {place} is outside its bounds"
    for i, x in enumerate(user.inputs):
        if i != argument and _was_zero(flow, user, argument, i, probe):
            which = f"{label(x)}, the other input of {label(user)}"
            return f"multiplied by 0: {which} at {place}"
    formula = local_formula(user, argument)
    which = f", {formula}," if formula else ""
    return f"flat: the local derivative of {name} at {place}{which} is 0"


def _was_zero(flow: Flow, user: Tensor, argument: int, other: int, probe: Any) -> bool:
    """Whether something would be sent back if another input had ones for its zeros."""
    inputs = [flow.value(x) for x in user.inputs]
    array = np.asarray(inputs[other])
    if user.op.multiple or array.dtype.kind not in "fc" or array.all():
        return False
    inputs[other] = np.where(array == 0, np.ones((), array.dtype), array)[()]
    try:
        with np.errstate(all="ignore"):
            out = compute(user, inputs, flow.run._sizes)
            return not is_zero(contributions(user, probe, out, inputs)[argument])
    except GraphgradError:
        return False


def _brief(value: object) -> str:
    array = np.asarray(value)
    if array.size == 1:
        return f"{float(array.reshape(())):.4g}"
    return f"{float(array.min()):.4g} … {float(array.max()):.4g}"
