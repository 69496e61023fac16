"""Gradient checking: numerical judges, generated inputs, and reports."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from graphgrad.domains import Domain, Interval
from graphgrad.testing.adapters import autograd, jax, torch
from graphgrad.testing.check import check_gradients
from graphgrad.testing.numeric import check_vjp
from graphgrad.testing.verdict import Verdict

if TYPE_CHECKING:
    from graphgrad.testing import strategies

__all__ = [
    "Domain",
    "Interval",
    "Verdict",
    "autograd",
    "check_gradients",
    "check_vjp",
    "jax",
    "strategies",
    "torch",
]


def __getattr__(name: str) -> Any:
    # Hypothesis is optional, and slow to import.
    if name == "strategies":
        return import_module("graphgrad.testing.strategies")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
