"""Weights in files: safetensors, our own or those of a PyTorch state dict.

Nothing that is read is evaluated, and a file is there whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError, DataError
from graphgrad.files import write_whole
from graphgrad.nn.module import Module

# What a hostile file, or one of numbers that NumPy does not have, has raised.
_FAULTS = AttributeError, OSError, RecursionError, TypeError, ValueError


def save(module: Module, path: str | Path) -> None:
    """Write the values of all variables of a module, by path, as safetensors.

    Raises:
        DataError: if the file cannot be written; an older one stays as it was.
    """
    write_arrays(path, module.state())


def load(module: Module, path: str | Path, *, layout: str = "graphgrad") -> None:
    """Set all variables of a module from a safetensors file; all or none.

    Args:
        module: whose variables are set.
        path: a file that `save` wrote, or
            ``safetensors.torch.save_file(net.state_dict(), path)``.
        layout: "graphgrad" or "pytorch": there weights of `Linear` and of recurrent
            layers are transposed, and some names differ. What a PyTorch module has no
            name for, keys of dropout, stays; its counts of batches are left out.

    Raises:
        DataError: if the file is damaged, or a variable is missing or does not fit.

    Example:
        >>> import tempfile, pathlib, graphgrad as gg
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "net.safetensors"
        >>> gg.nn.save(gg.nn.mlp((4, 3, 2), rng=0), path)
        >>> gg.nn.load(gg.nn.mlp((4, 3, 2), rng=1), path)
    """
    state, _ = read_arrays(path)
    if layout == "pytorch":
        state = _from_pytorch(module, state)
    elif layout != "graphgrad":
        raise ArgumentError(f'layout is "graphgrad" or "pytorch", not {layout!r}')
    module.assign(state)


def _from_pytorch(module: Module, state: Mapping[str, Any]) -> dict[str, Any]:
    left = {n: a for n, a in state.items() if not n.endswith("num_batches_tracked")}
    found = {}
    for path, part in module.modules():
        for name, x in part.own_variables().items():
            known = part.PYTORCH.get(name, name)
            theirs = f"{path}.{known}" if path else known
            own = f"{path}.{name}" if path else name
            if not known:
                found[own] = x.value
                continue
            plain = theirs.removesuffix(".T")
            if plain in left:
                array = left.pop(plain)
                # Laid out as the own ones, or products would round otherwise.
                turned = plain != theirs
                found[own] = np.ascontiguousarray(array.T) if turned else array
    return {**found, **left}


def write_arrays(
    path: str | Path, arrays: Mapping[str, np.ndarray], facts: Any = None
) -> None:
    """Write arrays by name, and facts as JSON in the header, as one safetensors file.

    Raises:
        DataError: if the file cannot be written, or has no such dtype; an older one
            stays as it was.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save as packed

    # Strided views have been saved wrongly by versions of safetensors.
    whole = {name: np.asarray(a, order="C") for name, a in arrays.items()}
    metadata = None if facts is None else {"graphgrad": json.dumps(facts)}
    try:
        content = packed(whole, metadata)
    except SafetensorError as error:
        raise DataError(f"{Path(path).name} cannot be written: {error}") from None
    write_whole(path, content, DataError)


def read_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], Any]:
    """Arrays by name, and the facts that were written with them.

    Raises:
        DataError: if the file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    file = Path(path)
    try:
        with safe_open(file, "numpy") as stream:
            names = list(stream.keys())
            arrays = {name: stream.get_tensor(name) for name in names}
            metadata = stream.metadata() or {}
        facts = json.loads(metadata.get("graphgrad", "null"))
    except (SafetensorError, *_FAULTS) as error:
        raise DataError(
            f"{file.name} cannot be read as safetensors: {error}",
            remedy="write it again with gg.nn.save or safetensors",
        ) from None
    return arrays, facts
