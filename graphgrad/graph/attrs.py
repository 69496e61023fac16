"""The parameters of an op at a node, which nobody may change."""

from __future__ import annotations

from typing import Any, NoReturn


class Attrs(dict[str, Any]):
    """A dict that stays as it is: nodes share them, and a graph is a value.

    A dict, since ``f(**attrs)`` of any other mapping takes five times as long, and is
    done for every node.

    Raises:
        TypeError: when it is changed.
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("attrs of a tensor cannot be changed: a graph is a value")

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return Attrs, (dict(self),)
