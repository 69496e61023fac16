"""Libraries of the extra "train": imported where they are used, missed in words."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from graphgrad.errors import DataError


def library(module: str, name: str, *, instead: str = "") -> ModuleType:
    """Import a module of an optional library.

    Args:
        module: what to import, e.g. "sklearn.datasets".
        name: the library's name for people, e.g. "scikit-learn".
        instead: what else the user can do, added to the remedy.

    Raises:
        DataError: if the library is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise DataError(
            f"{name} is not installed",
            remedy='pip install "graphgrad[train]"' + instead,
        ) from None
