"""A tensor is a node of a graph: an op applied to inputs, or a leaf.

Nodes point to their inputs and never back, so a graph is freed by reference counting;
an input is always older than its users, so the serial number is a topological order
and no traversal needs recursion.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from gc import is_tracked
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.dtypes import as_array, is_differentiable
from graphgrad.errors import (
    ArgumentError,
    AssignmentError,
    GraphgradError,
    ShapeError,
)
from graphgrad.graph.attrs import Attrs
from graphgrad.graph.methods import Methods
from graphgrad.graph.place import Place, capture, locate
from graphgrad.graph.tracking import untrack
from graphgrad.shapes import Shape, show

if TYPE_CHECKING:
    from graphgrad.graph.op import Op

NO_ATTRS: Mapping[str, Any] = Attrs()

_serials = itertools.count()
_scope: ContextVar[str] = ContextVar("graphgrad_scope", default="")


def now() -> int:
    """A serial number: higher than those of all tensors, lower than of any to come."""
    return next(_serials)


class Clock:
    """Counts the assignments, so that a cached value knows whether it is current."""

    now = 0

    @classmethod
    def tick(cls) -> None:
        """Begin a new moment; what was computed before may be out of date."""
        cls.now += 1


class Tensor(Methods):
    """A node of a computational graph.

    Tensors are made by `variable`, `placeholder`, `constant`, by ops, by operators and
    by NumPy functions applied to tensors; never by this class directly.

    Attributes:
        op: the `Op` that makes the value; ``op.name`` is its name.
        inputs: the tensors that the op takes, in argument order.
        attrs: the op's parameters by name, e.g. ``{"axis": (0,)}``.
        shape: dimensions, each an int or the name of a symbolic dimension.
        dtype: NumPy dtype.
        name: the user's name for it, or None.
        scope: the scopes it was made in, joined by "/"; empty outside any.
        serial: rises from node to node; inputs have lower serials.

    Example:
        >>> import graphgrad as gg
        >>> apple, count = gg.variable(100, name="apple"), gg.variable(2, name="count")
        >>> subtotal = (apple * count).named("subtotal")
        >>> subtotal.op.name, float(subtotal)
        ('multiply', 200.0)
    """

    __slots__ = (
        "__weakref__",
        "_changed",
        "_checked",
        "_code",
        "_gradient",
        "_offset",
        "_value",
        "attrs",
        "dtype",
        "inputs",
        "name",
        "op",
        "scope",
        "serial",
        "shape",
    )

    if TYPE_CHECKING:  # given by the layers above at import, see wiring.py
        value: np.ndarray
        grad: np.ndarray | None

        def backward(self) -> None:
            """See `graphgrad.execute.current.backward`."""
            ...

    def __init__(
        self,
        op: Op,
        inputs: tuple[Tensor, ...],
        attrs: Mapping[str, Any],
        shape: Shape,
        dtype: np.dtype,
        name: str | None = None,
        depth: int = 0,
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.attrs = attrs if type(attrs) is Attrs else Attrs(attrs)
        self.shape = shape
        self.dtype = dtype
        self.name = name
        self.scope = _scope.get()
        self.serial = next(_serials)
        self._code, self._offset = capture(depth + 2)  # from its maker's caller on
        self._value: Any = None
        self._gradient: Any = None
        self._changed = -1
        self._checked = -1
        if op.ours and not (attrs and inputs):  # those of leaves are plain
            for x in inputs:
                if is_tracked(x):
                    break
            else:
                untrack(id(self))

    def _on(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """The same op on inputs of the same shapes and dtypes, at the same line."""
        made = Tensor.__new__(Tensor)
        made.op, made.inputs, made.attrs = self.op, inputs, self.attrs
        made.shape, made.dtype = self.shape, self.dtype
        made.name, made.scope = self.name, self.scope
        made._code, made._offset = self._code, self._offset
        made.serial = next(_serials)
        made._value = made._gradient = None
        made._changed = made._checked = -1
        return made

    def _stand_for(self, other: Tensor) -> None:
        """Take another's line, and its name unless there is one already."""
        self.name = self.name or other.name
        self._code, self._offset = other._code, other._offset

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def differentiable(self) -> bool:
        """Whether values of its dtype carry gradients (floating-point numbers)."""
        return is_differentiable(self.dtype)

    def named(self, name: str) -> Tensor:
        """Give the tensor a name, shown in pictures and messages, and return it.

        Raises:
            ArgumentError: if the name is not text.
        """
        self.name = as_name(name)
        return self

    def assign(self, value: Any) -> None:
        """Set a variable's value; everything that depends on it follows.

        Args:
            value: an array or scalar of the variable's shape; its dtype is cast.

        Raises:
            AssignmentError: if this tensor is not a variable.
            ShapeError: if the shape differs; the old value stays.
        """
        if self.op.name != "variable":
            raise AssignmentError(
                f"{describe(self)} is not a variable and cannot be assigned",
                remedy="make it with gg.variable, or build a new graph",
            )
        array = as_array(value)
        if array.shape != self.shape:
            raise ShapeError(
                f"an array of shape {show(array.shape)} cannot be assigned to "
                f"{describe(self)}",
                remedy="give an array of the variable's shape",
            )
        if not np.can_cast(array.dtype, self.dtype, "same_kind"):
            raise AssignmentError(
                f"an array of dtype {array.dtype} cannot be assigned to "
                f"{describe(self)}",
                remedy=f'cast it first: array.astype("{self.dtype}")',
            )
        self._set(array if array.dtype == self.dtype else as_array(array, self.dtype))

    def _set(self, array: np.ndarray) -> None:
        Clock.tick()
        self._hold(array)

    def _hold(self, array: np.ndarray | np.generic) -> None:
        # NumPy computes with its scalars three times faster than with 0-d arrays.
        if isinstance(array, np.ndarray) and not array.ndim:
            array = array[()]
        self._value = array
        self._changed = Clock.now

    def where(self) -> Place:
        """The line of the user's code that made this tensor."""
        return locate(self._code, self._offset)

    def __repr__(self) -> str:
        return f"<{describe(self)}>"

    # Tensors compare element by element, as arrays do; as keys they are themselves.
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __len__(self) -> int:
        if not self.shape:
            raise ArgumentError(f"{describe(self)} has no length: it has no axes")
        if not isinstance(self.shape[0], int):
            raise ShapeError(f"{describe(self)} has a length that is not known yet")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def item(self) -> Any:
        """The value as a Python number.

        Raises:
            ArgumentError: if there are several entries, or none.

        Example:
            >>> import graphgrad as gg
            >>> gg.constant([2.0]).item()
            2.0
        """
        value = self.value
        if value.size != 1:
            raise ArgumentError(
                f"{describe(self)} has {value.size} entries, and a number has one",
                remedy="take one, x[0], or all of them, numpy.asarray(x)",
            )
        return value.item()

    def __complex__(self) -> complex:
        return complex(self.item())

    def __float__(self) -> float:
        return float(self._real_item())

    def __int__(self) -> int:
        return int(self._real_item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def _real_item(self) -> Any:
        if self.dtype.kind == "c":
            raise ArgumentError(
                f"{describe(self)} is complex",
                remedy="use gg.real(x), gg.abs(x) or complex(x)",
            )
        return self.item()

    def __format__(self, spec: str) -> str:
        return format(self.value[()], spec) if spec else repr(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is None:  # NumPy 2 takes None as "only if needed"
            return np.asarray(self.value, dtype=dtype)
        return np.array(self.value, dtype=dtype, copy=copy)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise AssignmentError(
            f"{describe(self)} cannot be changed in place: a graph is a value",
            remedy="write y = x.at[i].set(v), which gives a new tensor",
        )

    def __reduce__(self) -> Any:
        raise ArgumentError(
            "tensors are not pickled",
            remedy="save the graph, gg.Graph(y).to_json(), and read it with from_json",
        )


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Mark the tensors made inside as parts of one thing, e.g. a layer.

    Args:
        name: shown in pictures as a frame; scopes nest as ``"block/layer1"``.

    Raises:
        ArgumentError: if the name is empty or not text.

    Example:
        >>> import graphgrad as gg
        >>> with gg.scope("layer1"):
        ...     x = gg.variable(1.0)
        >>> x.scope
        'layer1'
    """
    outer = _scope.get()
    token = _scope.set(f"{outer}/{as_name(name)}" if outer else as_name(name))
    try:
        yield
    finally:
        _scope.reset(token)


def as_name(name: Any) -> str:
    """A user's name for a tensor or scope, checked."""
    if not isinstance(name, str) or not name:
        raise ArgumentError(
            f"a name is a text that is not empty, not {name!r}",
            remedy='give one such as "apple"',
        )
    return name


def describe(tensor: Tensor) -> str:
    """One line for messages: name, op, shape and dtype."""
    name = f"{tensor.name!r}" if tensor.name else "unnamed"
    return f"{tensor.op.name} {name} {show(tensor.shape)} {tensor.dtype}"


def blame(
    error: GraphgradError, op: str, inputs: tuple[Any, ...], place: Any = None
) -> GraphgradError:
    """Add to an error the op, its inputs and the user's line, formatted now."""
    rows = []
    for i, x in enumerate(inputs):
        if isinstance(x, Tensor):
            rows.append((f"input {i}", f"{describe(x)}, made at {x.where()}"))
    rows.append(("at", str(place or locate(*capture(1)))))
    return error.within(op, rows)
