"""The colours of light and dark pictures, and the scale of heat maps.

Every pair of text and ground has a WCAG contrast of 4.5 or more, and no meaning hangs
on a hue alone: forward and backward also differ in width, place and weight of type.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphgrad.errors import DrawingError

FONTS = (
    "'DejaVu Sans', Verdana, 'Noto Sans', 'Noto Sans CJK KR', 'Noto Sans CJK JP', "
    "'Noto Sans CJK SC', sans-serif"
)


@dataclass(frozen=True, slots=True)
class Paint:
    """How one kind of node is filled, outlined and lettered."""

    fill: str
    stroke: str
    text: str
    width: float = 1.8
    dashes: str = ""


@dataclass(frozen=True, slots=True)
class Emphases:
    """The colours of what is picked out."""

    path: str
    added: str
    removed: str
    changed: str
    fault: str


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours; fields name what they colour, `emphasis` by its kind."""

    ground: str
    forward: str
    value: str
    gradient: str
    caption: str
    heading: str
    frame: str
    frame_fill: str
    frame_text: str
    op: Paint
    input: Paint
    parameter: Paint
    constant: Paint
    output: Paint
    module: Paint
    emphasis: Emphases


LIGHT = Theme(
    ground="#ffffff",
    forward="#1f2937",
    value="#111827",
    gradient="#c2410c",
    caption="#4b5563",
    heading="#111827",
    frame="#94a3b8",
    frame_fill="#f6f8fb",
    frame_text="#475569",
    op=Paint("#eef2ff", "#3730a3", "#111827"),
    input=Paint("#ffffff", "#1f2937", "#111827", 1.6, "5 3"),
    parameter=Paint("#fef3c7", "#92400e", "#111827", 1.6),
    constant=Paint("#f3f4f6", "#9ca3af", "#374151", 1.0),
    output=Paint("#dcfce7", "#15803d", "#14532d", 3.0),
    module=Paint("#e2e8f0", "#475569", "#0f172a", 2.0),
    emphasis=Emphases("#fde047", "#15803d", "#b91c1c", "#b45309", "#b91c1c"),
)

DARK = Theme(
    ground="#0f172a",
    forward="#e5e7eb",
    value="#f3f4f6",
    gradient="#fdba74",
    caption="#cbd5e1",
    heading="#f3f4f6",
    frame="#475569",
    frame_fill="#162036",
    frame_text="#cbd5e1",
    op=Paint("#1e293b", "#93c5fd", "#f3f4f6"),
    input=Paint("#0f172a", "#e5e7eb", "#f3f4f6", 1.6, "5 3"),
    parameter=Paint("#4a3410", "#fbbf24", "#fef3c7", 1.6),
    constant=Paint("#1f2937", "#6b7280", "#d1d5db", 1.0),
    output=Paint("#052e16", "#4ade80", "#dcfce7", 3.0),
    module=Paint("#334155", "#cbd5e1", "#f8fafc", 2.0),
    emphasis=Emphases("#a16207", "#4ade80", "#f87171", "#fbbf24", "#f87171"),
)

THEMES = {"light": LIGHT, "dark": DARK}

# Nuñez, Anderton and Renslow, "Optimizing colormaps with consideration for color
# vision deficiency", 2018: cividis at 0, 1/8, ... 1.
CIVIDIS = (
    (0, 34, 78),
    (35, 62, 108),
    (76, 85, 108),
    (102, 110, 112),
    (124, 123, 120),
    (151, 141, 120),
    (187, 173, 108),
    (219, 202, 85),
    (254, 232, 56),
)


def theme_named(name: str) -> Theme:
    """The theme called `name`.

    Raises:
        DrawingError: there is none of that name.
    """
    if name not in THEMES:
        known = ", ".join(map(repr, THEMES))
        raise DrawingError(f"there is no theme {name!r}", remedy=f"use one of {known}")
    return THEMES[name]


def cividis(level: float) -> str:
    """The colour of `level`, from 0 (dark blue) to 1 (yellow).

    Example:
        >>> cividis(0.0), cividis(1.0)
        ('#00224e', '#fee838')
    """
    place = min(max(level, 0.0), 1.0) * (len(CIVIDIS) - 1)
    low = min(int(place), len(CIVIDIS) - 2)
    part = place - low
    mixed = (
        round(a + part * (b - a))
        for a, b in zip(CIVIDIS[low], CIVIDIS[low + 1], strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
