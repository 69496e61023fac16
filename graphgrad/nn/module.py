"""A module: a function of tensors with parameters, described by its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, ClassVar, Self

import numpy as np

from graphgrad.errors import ArgumentError, AssignmentError, DataError
from graphgrad.graph.op import VARIABLE, lift
from graphgrad.graph.tensor import Tensor, as_name, scope
from graphgrad.shapes import show


class Module:
    """A layer or a net: a frozen description whose parts are variables and modules.

    A subclass gives its parts to ``super().__init__`` and defines `forward`. Calling a
    module builds a graph, in a scope of the module's name. There are two graphs:
    ``module(x)`` is that of inference, ``module(x, training=True)`` that of training,
    in which dropout drops, and batch normalisation takes statistics of the batch.

    Args:
        name: of the scope; None for none.
        **parts: variables, modules, tuples of modules, and settings.

    Example:
        >>> import graphgrad as gg
        >>> class Scaled(gg.nn.Module):
        ...     def __init__(self, start):
        ...         super().__init__("scaled", factor=gg.variable(start))
        ...
        ...     def forward(self, x, training):
        ...         return x * self.factor
        >>> layer = Scaled(2.0)
        >>> float(layer(gg.constant(3.0))), list(layer.variables())
        (6.0, ['factor'])
    """

    PYTORCH: ClassVar[Mapping[str, str]] = {}
    """PyTorch's names where they differ: with .T if transposed, "" if it has none."""

    name: str | None
    frozen: bool

    def __init__(self, name: str | None = None, **parts: Any) -> None:
        for part in parts:
            if hasattr(type(self), part):
                raise ArgumentError(
                    f"a part of {type(self).__name__} cannot be called {part!r}",
                    remedy="choose another name: this one is a method's",
                )
        fixed = {n: tuple(p) if isinstance(p, list) else p for n, p in parts.items()}
        name = None if name is None else as_name(name)
        vars(self).update(name=name, frozen=False, **fixed)

    def forward(self, x: Any, training: bool) -> Any:
        """The graph of what the module gives for x; subclasses define it."""
        raise NotImplementedError

    def __call__(self, x: Any, *, training: bool = False) -> Any:
        """Build the graph for x.

        Args:
            x: a tensor or an array.
            training: whether it is the graph for training; frozen modules have none.
        """
        with scope(self.name) if self.name else nullcontext():
            return self.forward(lift([x])[0], training and not self.frozen)

    def children(self) -> Iterator[tuple[str, Module]]:
        """Modules that this one is made of, by name; in a tuple by name.number."""
        for name, part in vars(self).items():
            if isinstance(part, Module):
                yield name, part
            elif isinstance(part, tuple):
                inside = ((f"{name}.{i}", p) for i, p in enumerate(part))
                yield from ((i, p) for i, p in inside if isinstance(p, Module))

    def modules(self) -> Iterator[tuple[str, Module]]:
        """This module and all below it, by path, e.g. "2.inner"; "" is this one."""
        yield "", self
        for name, child in self.children():
            for path, module in child.modules():
                yield f"{name}.{path}" if path else name, module

    def own_variables(self) -> dict[str, Tensor]:
        """The variables that are parts of this module itself, by name."""
        found: dict[str, Any] = {}
        for name, part in vars(self).items():
            several = part if isinstance(part, tuple) else ()
            found |= {name: part} | {f"{name}.{i}": p for i, p in enumerate(several)}
        return {
            n: p for n, p in found.items() if isinstance(p, Tensor) and p.op is VARIABLE
        }

    def variables(self) -> dict[str, Tensor]:
        """All variables by path, also those that training changes by other means.

        Among these are running statistics and the keys of dropout.
        """
        return {
            f"{path}.{name}" if path else name: x
            for path, module in self.modules()
            for name, x in module.own_variables().items()
        }

    def parameters(self) -> list[Tensor]:
        """The variables that are trained, each once; none of frozen modules."""
        if self.frozen:
            return []
        found = [x for x in self.own_variables().values() if x.attrs["trainable"]]
        for _, child in self.children():
            found += child.parameters()
        return list(dict.fromkeys(found))

    def weights(self) -> list[Tensor]:
        """The parameters of two axes and more, which penalties are of: no biases."""
        return [p for p in self.parameters() if p.ndim > 1]

    def freeze(self) -> Self:
        """The same module, with the same variables, that is not trained.

        Its graph is always that of inference; so are those of its parts.
        """
        return self._with_frozen(True)

    def unfreeze(self) -> Self:
        """The same module, which is trained, all of it."""
        return self._with_frozen(False)

    def _with_frozen(self, frozen: bool) -> Self:
        def changed(part: Any) -> Any:
            if isinstance(part, tuple):
                return tuple(changed(p) for p in part)
            return part._with_frozen(frozen) if isinstance(part, Module) else part

        parts = {name: changed(part) for name, part in vars(self).items()}
        return self.replace(**{**parts, "frozen": frozen})

    def replace(self, **parts: Any) -> Self:
        """The same module with other parts; what is not named is shared.

        Raises:
            ArgumentError: for a part that the module does not have.
        """
        unknown = [name for name in parts if name not in vars(self)]
        if unknown:
            raise ArgumentError(
                f"{type(self).__name__} has no part {unknown[0]!r}",
                remedy=f"its parts: {', '.join(vars(self))}",
            )
        made = object.__new__(type(self))
        vars(made).update({**vars(self), **parts})
        return made

    def state(self) -> dict[str, np.ndarray]:
        """Copies of the values of all variables, by path."""
        return {path: np.array(x.value) for path, x in self.variables().items()}

    def assign(self, state: Mapping[str, Any]) -> None:
        """Set all variables; nothing is set unless all fit.

        Args:
            state: arrays by path, as `state` gives them.

        Raises:
            DataError: if a variable is missing, or a name, shape or dtype does not fit.
        """
        variables = self.variables()
        missing = [p for p in variables if p not in state]
        extra = [p for p in state if p not in variables]
        if missing or extra:
            raise DataError(
                f"the state lacks {missing}"
                if missing
                else f"the state has {extra}, which the module lacks",
                remedy=f"the module's variables: {', '.join(variables)}",
            )
        arrays = {path: np.asarray(state[path]) for path in variables}
        for path, x in variables.items():
            shape, dtype = arrays[path].shape, arrays[path].dtype
            if shape != x.shape:
                raise DataError(
                    f"{path} has shape {show(shape)}, and the module's has "
                    f"{show(x.shape)}"
                )
            if not np.can_cast(dtype, x.dtype, "same_kind"):
                raise DataError(
                    f"{path} has dtype {dtype}, which does not cast to {x.dtype}"
                )
        for path, x in variables.items():
            x.assign(arrays[path])

    def __setattr__(self, name: str, value: Any) -> None:
        raise AssignmentError(
            f"{type(self).__name__}.{name} cannot be set: a module is a value",
            remedy=f"make another one: module.replace({name}=...)",
        )

    def __repr__(self) -> str:
        hidden = ("name", "frozen")
        parts = [f"{n}={shown(p)}" for n, p in vars(self).items() if n not in hidden]
        return f"{type(self).__name__}({', '.join(parts)})"


def shown(part: Any) -> str:
    """A part in few words: shapes of tensors, names of functions."""
    if isinstance(part, Tensor):
        return show(part.shape)
    if isinstance(part, tuple):
        return f"({', '.join(map(shown, part))})"
    return getattr(part, "__name__", repr(part))
