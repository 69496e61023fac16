"""Finding and running the demos, each a module with ``main(out, quick)``."""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from graphgrad.errors import ArgumentError

TOUR = ("apple", "fruit", "digits")  # what `graphgrad demo` shows first


def available() -> dict[str, str]:
    """The name of every demo, and its first line of documentation."""
    package = import_module("graphgrad_demos")
    modules = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    shown = [name.replace("_", "-") for name in modules if name[0] != "_"]
    return {name: (_module(name).__doc__ or "").partition("\n")[0] for name in shown}


def _module(name: str) -> ModuleType:
    return import_module(f"graphgrad_demos.{name.replace('-', '_')}")


def play(names: Iterable[str], out: Path, *, quick: bool) -> None:
    """Run demos one after the other, figures into a folder.

    Raises:
        ArgumentError: for a name that is not a demo's.
    """
    known = available()
    chosen = list(names)
    for name in chosen:
        if name not in known:
            raise ArgumentError(
                f"there is no demo {name!r}", remedy=f"choose of: {', '.join(known)}"
            )
    out.mkdir(parents=True, exist_ok=True)
    for name in chosen:
        print(f"── {name}: {known[name]}")
        start = time.perf_counter()
        _module(name).main(out, quick)
        print(f"   {time.perf_counter() - start:.1f} s\n")
    print(f"figures are in {out.resolve()}")
