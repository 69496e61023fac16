"""Turning a function into the record of an op."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphgrad.dtypes import BOOL, int8, promote, to_floating, to_real
from graphgrad.errors import ArgumentError, GraphgradError
from graphgrad.graph.op import PLACEHOLDER, REGISTRY, Inference, Op, Rule, lift
from graphgrad.graph.remedies import advised, held
from graphgrad.graph.tensor import NO_ATTRS, Tensor
from graphgrad.shapes import Shape, broadcast

_PACKAGE = __name__.partition(".")[0]

Rules = tuple[Rule, ...] | Callable[..., Sequence[Any]] | None


def primitive(
    *,
    infer: Inference | None = None,
    vjp: Rules = None,
    dtype: str = "same",
    **facts: Any,
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op whose forward rule is in terms of the array namespace.

    The decorated function takes the namespace ``xp`` first, then the inputs as
    positional-only arguments (before ``/``), then the attrs; its docstring is the op's.

    Args:
        infer: ``infer(*inputs, **attrs)`` gives (shape, dtype) of the result, from
            inputs that have ``shape`` and ``dtype``; by default the op is elementwise.
        vjp: a tuple with one rule ``rule(g, out, *inputs, **attrs)`` per input, or one
            function that returns the gradients of all inputs. A gradient may have the
            broadcast shape: it is summed to its input's. None in place of a rule says
            that none flows; without any rule, asking for a gradient is an error.
        dtype: of an elementwise result: "same" (the inputs promoted), "floating" (the
            same, integers as float64), "real" (of complex inputs the dtype of their
            parts), "number" (the same, int8 of booleans) or "bool".
        **facts: `domain`, `glyph`, `like`, `operators`, `method`, `prepare` (tells
            inputs from attrs in the user's arguments), `batch`, `multiple`, `name`,
            as in `Op`.

    Raises:
        ArgumentError: if an op of this name is declared already.

    Example:
        >>> import graphgrad as gg
        >>> @gg.primitive(vjp=(lambda g, out, x: g * 3 * x**2,))
        ... def cube_example(xp, x, /):
        ...     '''Third power, element by element.'''
        ...     return x * x * x
        >>> x = gg.variable(2.0)
        >>> y = cube_example(x)
        >>> y.backward()
        >>> float(y), float(x.grad)
        (8.0, 12.0)
    """
    rule = infer or _ELEMENTWISE[dtype]
    facts["to_inputs"] = to_floating if dtype == "floating" else None
    if infer is None:
        facts.setdefault("batch", "elementwise")

    def declare(forward: Callable[..., Any]) -> Op:
        return _declare(forward, rule, vjp, skip=1, **facts)

    return declare


def composite(
    *,
    vjp: Rules = None,
    dtype: str = "same",
    **facts: Any,
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op whose body is written with other ops; pictures show one node.

    The body is applied to tensors and to arrays alike, so it must be a function of
    its arguments alone. Shape, dtype and, without `vjp`, the gradient follow from it.

    Args:
        vjp: as for `primitive`, where it is stabler or cheaper than the derived one.
        dtype: "floating" takes integer inputs as float64.
        **facts: as for `primitive`.

    Raises:
        ArgumentError: if an op of this name is declared already.

    Example:
        >>> import graphgrad as gg
        >>> @gg.composite()
        ... def bent_example(x, /, *, slope=0.5):
        ...     '''x + slope · x².'''
        ...     return x + slope * x**2
        >>> float(bent_example(gg.variable(2.0)))
        4.0
    """
    facts["to_inputs"] = to_floating if dtype == "floating" else None

    def declare(body: Callable[..., Any]) -> Op:
        def infer(*inputs: Tensor, **attrs: Any) -> tuple[Any, Any]:
            kinds = tuple((x.shape, x.dtype) for x in inputs)
            try:
                results = expansion(op, kinds, attrs)[1]
            except GraphgradError as error:  # the caller knows the op and the line
                raise type(error)(error.problem, remedy=error.remedy) from None
            if op.multiple:
                return tuple(x.shape for x in results), tuple(x.dtype for x in results)
            return results[0].shape, results[0].dtype

        op = _declare(body, infer, vjp, skip=0, composite=True, **facts)
        return op

    return declare


_EXPANSIONS: dict[Any, tuple[tuple[Tensor, ...], tuple[Tensor, ...]]] = {}


def expansion(
    op: Op, kinds: tuple[tuple[Shape, np.dtype], ...], attrs: Mapping[str, Any]
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A composite's body as a graph: (its inputs as placeholders, its results)."""
    key = (op, kinds, tuple(attrs.items()))
    if key not in _EXPANSIONS:
        inputs = tuple(Tensor(PLACEHOLDER, (), NO_ATTRS, *kind) for kind in kinds)
        made = op.forward(*inputs, **attrs)
        _EXPANSIONS[key] = inputs, lift(made if op.multiple else [made])
    return _EXPANSIONS[key]


def elementwise(*inputs: Tensor, **attrs: Any) -> tuple[Shape, np.dtype]:
    """Shape and dtype rule: inputs broadcast, and their dtypes promote."""
    shape, dtype = inputs[0].shape, inputs[0].dtype
    for x in inputs:
        if x.shape is not shape and x.shape != shape:
            shape = broadcast(*[x.shape for x in inputs])
        if x.dtype is not dtype:
            dtype = promote(*[x.dtype for x in inputs])
    return shape, dtype


def _boolean(*inputs: Tensor, **attrs: Any) -> tuple[Shape, np.dtype]:
    return broadcast(*[x.shape for x in inputs]), BOOL


def _real(*inputs: Tensor, **attrs: Any) -> tuple[Shape, np.dtype]:
    shape, dtype = elementwise(*inputs)
    return shape, to_real(dtype)


def _number(*inputs: Tensor, **attrs: Any) -> tuple[Shape, np.dtype]:
    shape, dtype = elementwise(*inputs)
    return shape, int8 if dtype is BOOL else dtype


_ELEMENTWISE: dict[str, Inference] = {
    "number": _number,
    "same": elementwise,
    "floating": elementwise,
    "real": _real,
    "bool": _boolean,
}


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    known = inspect.signature(function).parameters.values()
    return [p.replace(annotation=p.empty) for p in known]


def _declare(
    function: Callable[..., Any], infer: Inference, vjp: Rules, skip: int, **facts: Any
) -> Op:
    parameters = _parameters(function)[skip:]
    as_called = _parameters(facts["prepare"]) if "prepare" in facts else parameters
    kinds = [p.kind for p in parameters]
    arity = kinds.count(inspect.Parameter.POSITIONAL_ONLY)
    variadic = inspect.Parameter.VAR_POSITIONAL in kinds
    attrs = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    name = facts.pop("name", function.__name__)
    facts["alike"] = infer in (elementwise, _number)
    module = function.__module__ or ""  # None in code that is run without a name
    if skip and module.partition(".")[0] != _PACKAGE:
        function = held(function, lambda: op)
        if infer in _ELEMENTWISE.values():
            infer = advised(infer, lambda: op)
    op = Op(
        name,
        function,
        infer,
        vjp,
        None if variadic else arity,
        {p.name: p.default for p in parameters if p.kind in attrs},
        inspect.Signature(as_called),
        inspect.getdoc(function) or "",
        module,
        **facts,
    )
    known = REGISTRY.get(op.name)
    if known is not None and known.module != op.module:
        raise ArgumentError(
            f"an op {op.name!r} is declared already in {known.module}",
            remedy="choose another name",
        )
    REGISTRY[op.name] = op
    return op
