"""Why a gradient is zero, or why there is none."""

from __future__ import annotations

import numpy as np

from graphgrad.graph.tensor import Tensor
from graphgrad.insight.flow import Flow, is_zero, label

_SATURATING = {"sigmoid", "tanh", "softmax", "erf", "softsign", "log_softmax"}
_ONE_SIDED = {"relu": "≤ 0", "elu": "far below 0", "softplus": "far below 0"}
_CHOOSING = {"where", "maximum", "minimum", "max", "min", "clip", "max_pool2d"}
_FACTORS = {"multiply", "strong_multiply", "matmul", "divide", "strong_divide"}


def why_zero(flow: Flow, x: Tensor) -> str | None:
    """Why no gradient, or one of zeros, reaches a tensor; None if one does.

    The reasons: the scalar does not depend on it, a `stop_gradient`, whole numbers, an
    op without slope, a unit that is saturated or dead, a choice that went elsewhere, a
    factor that is exactly zero, parts that cancel.
    """
    y = flow.y
    if y is None or x is y:
        return None
    if x not in flow.users:
        return f"disconnected: {label(y)} does not depend on it"
    if x not in flow.adjoints:
        return _stopped(flow, x)
    if not is_zero(flow.adjoints[x]):
        return None
    return _vanished(flow, x)


def _stopped(flow: Flow, x: Tensor) -> str:
    """Why there is no gradient: the first op on the way that lets none through."""
    if not x.differentiable:
        return f"its dtype is {x.dtype}: gradients are of floating-point numbers"
    stack, seen = [x], {x}
    reasons = []
    while stack:
        node = stack.pop()
        for user in flow.users[node]:
            if user in seen:
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
    if reasons:
        return reasons[0]
    return f"disconnected: {label(flow.y)} does not depend on it"  # type: ignore[arg-type]


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
    name, place = user.op.name, user.where()
    inputs = [flow.value(x) for x in user.inputs]
    if name in _ONE_SIDED:
        side = f"{_ONE_SIDED[name]} wherever a gradient arrives"
        return f"dead: the input of {name} at {place} is {side}"
    if name in _SATURATING:
        return f"saturated: {name} at {place} gives {_brief(flow.value(user))}"
    if name in _CHOOSING:
        return f"masked: {name} at {place} takes other entries"
    if name in _FACTORS:
        arrives = np.asarray(flow.adjoints[user]) != 0
        others = [np.asarray(x) for i, x in enumerate(inputs) if i != argument]
        if "matmul" not in name:
            others = [x * arrives for x in others]
        if any(is_zero(x) for x in others):
            return f"multiplied by 0: the other input of {label(user)} at {place}"
    return f"flat: the local derivative of {name} at {place} is 0"


def _brief(value: object) -> str:
    array = np.asarray(value)
    if array.size == 1:
        return f"{float(array.reshape(())):.4g}"
    return f"{float(array.min()):.4g} … {float(array.max()):.4g}"
