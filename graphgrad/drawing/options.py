"""What a picture shows besides its structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphgrad.drawing.flows import flow_of
from graphgrad.drawing.scene import Flow


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of the user, as `render` explains them.

    Args:
        flow: how a value or gradient is told.
    """

    values: bool = True
    gradients: bool = True
    shapes: bool = True
    dtypes: bool = False
    local: bool = False
    bodies: bool = False
    title: str = ""
    flow: Callable[[Any], Flow] = flow_of
