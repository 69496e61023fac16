"""Kernels: functions that all programs share, each in a module of its own.

A program's module declares those that it calls. They are compiled once, and kept by
their names, so that a program for sizes not seen before has little code of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir

from graphgrad.execute.native.cache import sources

_PREFIX = "graphgrad_kernel_"
# What each is made of, by its name: argument types, and what writes the body.
_KNOWN: dict[str, tuple[Sequence[ir.Type], Callable[[ir.Function], None]]] = {}


def kernel(
    module: ir.Module,
    name: str,
    kinds: Sequence[ir.Type],
    write: Callable[[ir.Function], None],
) -> ir.Function:
    """A kernel as a module sees it.

    Args:
        module: that calls it.
        name: tells all that its code depends on.
        kinds: of its arguments.
        write: writes its body, a function of a module of this package.
    """
    full = _PREFIX + name
    if full not in module.globals:
        _KNOWN[full] = kinds, write
        ir.Function(module, ir.FunctionType(ir.VoidType(), list(kinds)), full)
    return module.globals[full]


def called_by(module: ir.Module) -> list[str]:
    """The names of the kernels that a module calls."""
    return [name for name in module.globals if name.startswith(_PREFIX)]


def source_of(name: str) -> str:
    """A kernel's module, as LLVM's text."""
    kinds, write = _KNOWN[name]
    module = ir.Module("kernel")
    module.triple = ""
    write(ir.Function(module, ir.FunctionType(ir.VoidType(), list(kinds)), name))
    return str(module)


def is_known(name: str) -> bool:
    """Whether something that calls the kernel was written by this process."""
    return name in _KNOWN


def key_of(name: str) -> str | None:
    """What the code of a kernel follows from; None where there are no sources."""
    return f"{name}\n{sources()}" if sources() else None
