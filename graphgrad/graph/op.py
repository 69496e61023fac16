"""One op, one declaration.

An `Op` is the record of everything that the rest of graphgrad needs to know of an
operation; evaluation, derivatives, pictures, tests and the reference page are all
interpretations of it. `primitive` and `composite` (declare.py) make the records.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from graphgrad.arrays import NUMPY
from graphgrad.domains import Domain
from graphgrad.dtypes import INTEGER, as_array, weak
from graphgrad.errors import DTypeError, EvaluationError, GraphgradError
from graphgrad.graph.arguments import bind, hashable, misuse
from graphgrad.graph.attrs import Attrs
from graphgrad.graph.tensor import NO_ATTRS, Tensor, blame

REGISTRY: dict[str, Op] = {}

Inference = Callable[..., tuple[Any, Any]]
Rule = Callable[..., Any] | None


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Op:
    """The record of an operation.

    Attributes:
        name: its name in the array API standard, in NumPy, or in the field.
        forward: ``forward(xp, *arrays, **attrs)`` for a primitive; the body
            ``body(*inputs, **attrs)`` in terms of other ops for a composite.
        infer: ``infer(*inputs, **attrs)`` gives (shape, dtype) of the result.
        vjp: the gradient in terms of ops: a tuple with one rule
            ``rule(g, out, *inputs, **attrs)`` per input (None: no gradient), or one
            function that returns the gradients of all inputs; None for none at all.
            A composite without one has it derived from its body.
        arity: number of inputs; None for any number.
        parameters: names of the attrs in order, with their defaults.
        doc: documentation, its first line a summary.
        domain: where to test it.
        glyph: what pictures show, e.g. "×".
        like: the same function elsewhere, e.g. "scipy.special.expit".
        operators: special methods of `Tensor` that apply it, e.g. ("__mul__",).
        method: whether tensors have it as a method.
        composite: whether forward is a body of other ops.
        multiple: whether it has several results; infer then gives a tuple of each.
        results: what they are handed over in, e.g. a named tuple; a list without it.
        prepare: tells inputs from attrs in the user's arguments, where the order
            of the arguments does not; its signature is then that of the op.
        to_inputs: the dtype in which it takes an input of some dtype.
        real: whether complex inputs are refused: NumPy would take their real parts, or
            an order that has no derivative.
        alike: whether floats of one shape and dtype give such again.
        batch: how `vmap` maps it: "elementwise", "axis" (its axes are in the attr
            ``axis``, counted from the front), "core" (it works on the last axes, and
            those before them broadcast), or a rule, see autodiff/vmap.py. An op
            without one is applied to one entry after the other.
    """

    name: str
    forward: Callable[..., Any]
    infer: Inference
    vjp: tuple[Rule, ...] | Callable[..., Sequence[Any]] | None
    arity: int | None
    parameters: Mapping[str, Any]
    signature: inspect.Signature
    doc: str
    module: str
    composite: bool = False
    domain: Domain = Domain()
    glyph: str | None = None
    like: str = ""
    operators: tuple[str, ...] = ()
    method: bool = False
    multiple: bool = False
    results: Callable[..., Any] | None = None
    prepare: Callable[..., tuple[Sequence[Any], Mapping[str, Any]]] | None = None
    to_inputs: Callable[[np.dtype], np.dtype] | None = None
    batch: str | Callable[..., Any] | None = None
    real: bool = False
    alike: bool = False
    compute: Callable[..., Any] = field(init=False)
    defaults: Mapping[str, Any] | None = field(init=False)
    ours: bool = field(init=False)  # not a user's

    def __post_init__(self) -> None:
        compute = self.forward if self.composite else partial(self.forward, NUMPY)
        object.__setattr__(self, "compute", compute)
        full = inspect.Parameter.empty not in self.parameters.values()
        made = Attrs({n: hashable(d) for n, d in self.parameters.items()})
        object.__setattr__(self, "defaults", made if full else None)
        ours = self.module.partition(".")[0] == __name__.partition(".")[0]
        object.__setattr__(self, "ours", ours)

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return self.doc

    @property
    def __signature__(self) -> inspect.Signature:
        return self.signature

    @property
    def __name__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<op {self.name}{self.signature}>"

    def __call__(self, *arguments: Any, **attrs: Any) -> Any:
        """Apply the op: tensors give a tensor, arrays alone are computed at once."""
        try:
            if self.prepare is not None:
                inputs, attrs = self.prepare(*arguments, **attrs)  # type: ignore[assignment]
            elif not attrs and self.defaults and len(arguments) == self.arity:
                inputs, attrs = arguments, self.defaults  # type: ignore[assignment]
            elif attrs or self.parameters or len(arguments) != self.arity:
                inputs, attrs = bind(self, arguments, attrs)
            else:
                inputs = arguments
        except GraphgradError as error:
            raise blame(error, self.name, arguments) from None
        except TypeError as error:
            raise misuse(self, arguments, error) from None
        try:
            if self.real:
                _require_real(inputs)
            return self.apply(inputs, attrs or NO_ATTRS, 1)
        except GraphgradError as error:
            raise blame(error, self.name, arguments) from None
        except (ValueError, ArithmeticError) as error:  # of NumPy, for arrays
            raise blame(EvaluationError(str(error)), self.name, arguments) from error

    def apply(
        self, inputs: Sequence[Any], attrs: Mapping[str, Any], depth: int = 0
    ) -> Any:
        """Apply the op to inputs and attrs that are already told apart."""
        for x in inputs:
            if isinstance(x, Tensor):
                node = self.node(inputs, attrs, depth + 1)
                return self._results(node) if self.multiple else node
        if self.to_inputs is not None:
            inputs = [_cast(x, self.to_inputs) for x in inputs]
        made = self.compute(*inputs, **attrs)
        return made if self.results is None else self.results(*made)

    def node(
        self, inputs: Sequence[Any], attrs: Mapping[str, Any], depth: int = 0
    ) -> Tensor:
        """The node for these inputs; one for all results, where there are several.

        Args:
            inputs: tensors, arrays or numbers.
            attrs: all of them.
            depth: how many callers are graphgrad's own for sure: to look at the others
                for the user's line takes time.
        """
        if self.alike:  # the common case, for which nothing is called
            shape, dtype = (), None
            for x in inputs:
                if type(x) is not Tensor:
                    break
                if dtype is None:
                    shape, dtype = x.shape, x.dtype
                elif x.shape is not shape or x.dtype is not dtype:
                    break
            else:
                if dtype is not None and dtype.kind == "f":
                    return Tensor(self, tuple(inputs), attrs, shape, dtype, None, depth)
        try:
            tensors = lift(inputs)
            if self.real:
                _require_real(tensors)
            if self.to_inputs is not None:
                tensors = tuple([_convert(x, self.to_inputs) for x in tensors])
            shape, dtype = self.infer(*tensors, **attrs)
        except GraphgradError as error:
            raise blame(error, self.name, tuple(inputs)) from None
        return Tensor(self, tensors, attrs, shape, dtype, None, depth)

    def again(self, node: Tensor, inputs: Sequence[Tensor]) -> Tensor:
        """A node of this op on other inputs, with its attrs, name, scope and line."""
        for x, y in zip(inputs, node.inputs, strict=True):
            if x is not y and (x.dtype is not y.dtype or x.shape != y.shape):
                break
        else:
            return node._on(tuple(inputs))
        made = self.node(inputs, node.attrs)
        made.name, made.scope = node.name, node.scope
        made._code, made._offset = node._code, node._offset
        return made

    def _results(self, node: Tensor) -> Any:
        part = REGISTRY["project"]
        parts = [part.apply((node,), {"index": i}) for i in range(len(node.shape))]
        return parts if self.results is None else self.results(*parts)


def declared(namespace: Mapping[str, Any]) -> list[str]:
    """The names of the ops that a module declares, for its ``__all__``."""
    module = namespace["__name__"]
    return [
        name
        for name, value in namespace.items()
        if isinstance(value, Op) and value.module == module and name[0] != "_"
    ]


def _require_real(inputs: Iterable[Any]) -> None:
    for i, x in enumerate(inputs):
        if getattr(x, "dtype", np.dtype(type(x))).kind == "c":
            raise DTypeError(
                f"input {i} is complex, and the op is of real numbers",
                remedy="take gg.real(x), gg.imag(x) or gg.abs(x)",
            )


def _cast(x: Any, to: Callable[[np.dtype], np.dtype]) -> Any:
    array = x if isinstance(x, np.ndarray | np.generic) else np.asarray(x)[()]
    dtype = to(array.dtype)
    return array if array.dtype is dtype else array.astype(dtype)


def _convert(x: Tensor, to: Callable[[np.dtype], np.dtype]) -> Tensor:
    dtype = to(x.dtype)
    return x if x.dtype is dtype else REGISTRY["astype"](x, dtype)


_WEAK = {bool, int, float, complex}


def lift(inputs: Iterable[Any]) -> tuple[Tensor, ...]:
    """Tensors from tensors, arrays and Python scalars, which are weak.

    Raises:
        DTypeError: for anything that is not a number or an array of numbers.
    """
    given, dtypes = [], {}
    for x in inputs:
        if type(x) not in _WEAK:
            x = x if isinstance(x, Tensor) else constant(x)
            dtypes[x.dtype] = None
        given.append(x)
    strong = tuple(dtypes)
    return tuple([_weak(x, strong) if type(x) in _WEAK else x for x in given])


def _weak(x: Any, dtypes: tuple[np.dtype, ...]) -> Tensor:
    dtype = weak(type(x), *dtypes)
    try:
        return leaf(CONSTANT, np.array(x, dtype=dtype))
    except OverflowError:
        raise DTypeError(
            f"{x} does not fit dtype {dtype}",
            remedy='cast the tensor first, e.g. x.astype("int64")',
        ) from None


def _leaf_op(name: str, doc: str) -> Op:
    """The record of a leaf: no rules, since its value comes from outside."""

    def outside(*_: Any, **__: Any) -> Any:
        raise AssertionError(f"a {name} is not computed")

    signature = inspect.Signature()
    return Op(name, outside, outside, None, 0, {}, signature, doc, __name__)


VARIABLE = _leaf_op("variable", "A leaf that has a value and can be assigned.")
PLACEHOLDER = _leaf_op("placeholder", "A leaf that is given a value when it is run.")
CONSTANT = _leaf_op("constant", "A leaf whose value never changes.")


def leaf(
    op: Op, array: np.ndarray, name: str | None = None, attrs: Any = NO_ATTRS
) -> Tensor:
    """A leaf with a value, an array that nobody else may change."""
    tensor = Tensor(op, (), attrs, array.shape, array.dtype, name)
    tensor._hold(array)
    return tensor


def constant(value: Any, *, name: str | None = None) -> Tensor:
    """A tensor whose value never changes, and to which no gradient flows.

    Args:
        value: number, list or array; it is copied. Python ints give int64, floats
            float64.
        name: shown in pictures and messages.

    Raises:
        DTypeError: for values that are not numbers.

    Example:
        >>> import graphgrad as gg
        >>> gg.constant([1, 2]).dtype
        dtype('int64')
    """
    array = as_array(value)
    if array.dtype.kind in "iu" and not hasattr(value, "dtype"):
        array = as_array(array, INTEGER)
    return leaf(CONSTANT, array, name)
