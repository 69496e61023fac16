r"""The TikZ painter: the SVG, stroke by stroke, in another language.

It reads what the SVG painter wrote, so the two never show different pictures. The
coordinates are the SVG's, and a pixel is 0.75 bp, as in print. Behind a text stands a
box of its ground instead of a halo.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

from graphgrad.drawing.strokes import number
from graphgrad.drawing.tex import latex
from graphgrad.drawing.theme import THEMES
from graphgrad.errors import DrawingError

_PIXEL = 0.75  # in big points, 1/72 inch
_LONGEST = 14_000.0  # big points of a side; TeX and PDF give up somewhat above
_HALO = 1.0  # pixels around a text
_LARGER = 1.1  # LaTeX's letters are smaller than DejaVu's of the same size
_SVG = "{http://www.w3.org/2000/svg}"
_INHERITED = (
    *("fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap"),
    *("font-size", "font-weight", "font-style", "text-anchor", "paint-order"),
)
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
_PATH = re.compile(r"([MLHVCZ])([^A-Za-z]*)")

Facts = Mapping[str, str]


def tikz_picture(svg: str) -> str:
    r"""The picture as a ``tikzpicture``, for ``\input`` in a document that uses TikZ.

    Args:
        svg: what `paint_svg` gave.

    Raises:
        DrawingError: for what `paint_svg` would not write.
    """
    translation = _Translation(svg)
    needed = [f"% The preamble needs {line}\n" for line in translation.packages()]
    return "".join(needed) + translation.picture()


def tikz_document(svg: str) -> str:
    """The picture as a LaTeX document, of one page that is as large as it is.

    Args:
        svg: what `paint_svg` gave.

    Raises:
        DrawingError: for what `paint_svg` would not write.
    """
    translation = _Translation(svg)
    wide, high = translation.lengths(*translation.box[2:])
    lines = [
        r"\RequirePackage{fix-cm}",
        r"\documentclass{article}",
        rf"\usepackage[paperwidth={wide}, paperheight={high}, margin=0pt]{{geometry}}",
        r"\usepackage{tikz}",
        *translation.packages(),
        r"\pagestyle{empty}",
        r"\setlength{\parindent}{0pt}",
        r"\setlength{\topskip}{0pt}",
        r"\begin{document}",
    ]
    return "\n".join(lines) + f"\n{translation.picture()}\\end{{document}}\n"


class _Translation:
    """The drawing commands of an SVG, and what their preamble must hold."""

    def __init__(self, svg: str) -> None:
        root = ET.fromstring(svg)
        self.box = [float(part) for part in root.attrib["viewBox"].split()]
        self._pixel = min(_PIXEL, _LONGEST / max(self.box[2:]))
        texts = [latex(e.text or "") for e in root.iter(f"{_SVG}text")]
        self._signs = any(r"\circlearrow" in text for text in texts)
        self._foreign = not all(text.isascii() for text in texts)
        self._grounds: list[tuple[float, float, float, float, str]] = []
        self._names: dict[str, str] = {}
        self._colours: dict[str, str] = {}
        self._lines: list[str] = []
        self._group(root, {"fill": "#000000", "stroke": "none", **root.attrib})

    def lengths(self, *pixels: float | str) -> list[str]:
        """Lengths with their unit."""
        return [f"{float(p) * self._pixel:.7g}bp" for p in pixels]

    def packages(self) -> list[str]:
        """What the texts need besides TikZ."""
        lines = []
        if self._signs:
            lines.append(r"\usepackage{amssymb}")
        if self._foreign:
            lines.append(
                r"\usepackage{fontspec}\setsansfont{Noto Sans CJK KR}"
                "  % LuaLaTeX or XeLaTeX, and a font that has all letters"
            )
        return lines

    def picture(self) -> str:
        """The environment, colours first."""
        left, top, width, height = self.box
        (unit,) = self.lengths(1)
        corners = (left, top, left + width, top + height)
        lines = [
            rf"\begin{{tikzpicture}}[x={unit}, y=-{unit}, every node/.style="
            "{anchor=base, inner sep=0pt, outer sep=0pt}, size/.style="
            r"{font=\sffamily\fontsize{#1}{#1}\selectfont\boldmath}]",
            *(
                rf"\definecolor{{{name}}}{{HTML}}{{{code[1:].upper()}}}"
                for code, name in self._colours.items()
            ),
            r"\useasboundingbox ({}, {}) rectangle ({}, {});".format(
                *map(number, corners)
            ),
            *self._lines,
            r"\end{tikzpicture}",
        ]
        return "\n".join(lines) + "\n"

    def _group(self, element: ET.Element, facts: Facts) -> None:
        inherited = {k: facts[k] for k in _INHERITED if k in facts}
        for child in element:
            tag = child.tag.removeprefix(_SVG)
            own = {**inherited, **child.attrib}
            if tag == "g":
                self._group(child, own)
            elif tag == "title":
                if "id" in element.attrib:
                    self._lines.append(f"% {child.text or ''}")
            elif tag in _DRAWN:
                self._lines.append(_DRAWN[tag](self, own, child.text or ""))
            else:
                raise DrawingError(f"the TikZ painter knows no <{tag}>")

    def _rectangle(self, facts: Facts, _: str) -> str:
        x, y, w, h = (float(facts[k]) for k in ("x", "y", "width", "height"))
        corner = float(facts.get("rx", 0))
        self._grounds.append((x, y, x + w, y + h, facts["fill"]))
        if w == h == 2 * corner:
            centre = f"({number(x + corner)}, {number(y + corner)})"
            return self._path(facts, f"{centre} circle [radius={number(corner)}]")
        rounded = [f"rounded corners={self.lengths(corner)[0]}"] if corner else []
        ends = (
            f"({number(x)}, {number(y)}) rectangle ({number(x + w)}, {number(y + h)})"
        )
        return self._path(facts, ends, *rounded)

    def _stroke(self, facts: Facts, _: str) -> str:
        return self._path(facts, _route(facts["d"]))

    def _path(self, facts: Facts, route: str, *options: str) -> str:
        found = []
        if facts["fill"] != "none":
            found.append(f"fill={self._colour(facts['fill'])}")
        if facts["stroke"] != "none":
            (width,) = self.lengths(facts.get("stroke-width", 1))
            found += [f"draw={self._colour(facts['stroke'])}", f"line width={width}"]
            if "stroke-dasharray" in facts:
                on, off = self.lengths(*facts["stroke-dasharray"].split())
                found.append(f"dash pattern=on {on} off {off}")
            if facts.get("stroke-linecap") == "round":
                found.append("line cap=round")
        return rf"\path[{', '.join([*found, *options])}] {route};"

    def _text(self, facts: Facts, words: str) -> str:
        larger = 1.0 if self._foreign else _LARGER
        (size,) = self.lengths(larger * float(facts["font-size"]))
        x, y = float(facts["x"]), float(facts["y"])
        options = [f"size={size}", f"text={self._colour(facts['fill'])}"]
        anchor = _ANCHORS[facts["text-anchor"]]
        if anchor != "base":
            options.append(f"anchor={anchor}")
        if facts.get("paint-order") == "stroke":
            (room,) = self.lengths(_HALO)
            options.append(f"fill={self._colour(self._ground(x, y))}")
            options.append(f"inner sep={room}")
        text = latex(words)
        if facts.get("font-weight") == "bold":
            text = rf"\textbf{{{text}}}"
        if facts.get("font-style") == "italic":
            text = rf"\textsl{{{text}}}"
        return (
            rf"\node[{', '.join(options)}] at ({facts['x']}, {facts['y']}) {{{text}}};"
        )

    def _ground(self, x: float, y: float) -> str:
        """The colour of what was painted last behind a point."""
        for left, top, right, bottom, fill in reversed(self._grounds):
            if left <= x <= right and top <= y <= bottom:
                return fill
        return self._grounds[0][-1]

    def _colour(self, code: str) -> str:
        """A name for a colour, the theme's if it has one."""
        if not self._names:
            self._names = _names(code)
        if code not in self._colours:
            other = f"heat{len(self._colours)}"
            self._colours[code] = self._names.get(code, other)
        return self._colours[code]


_DRAWN = {
    "rect": _Translation._rectangle,
    "path": _Translation._stroke,
    "text": _Translation._text,
}


def _names(ground: str) -> dict[str, str]:
    """Names of the colours of the theme that has this ground."""
    theme = next(t for t in THEMES.values() if t.ground == ground)
    found: dict[str, str] = {}

    def walk(name: str, part: Any) -> None:
        if isinstance(part, dict):
            for key, inner in part.items():
                walk(name + key.replace("_", ""), inner)
        elif isinstance(part, str) and part.startswith("#"):
            found.setdefault(part, name)

    walk("", asdict(theme))
    return found


def _route(data: str) -> str:
    """Path data of SVG as a path of TikZ."""
    parts: list[str] = []
    x = y = "0"
    for command, numbers in _PATH.findall(data):
        if command == "Z":
            parts.append("-- cycle")
            continue
        given = numbers.split()
        x = given[0] if command == "H" else x if command == "V" else given[-2]
        y = given[0] if command == "V" else y if command == "H" else given[-1]
        if command == "C":
            x1, y1, x2, y2, *_ = given
            parts.append(f".. controls ({x1}, {y1}) and ({x2}, {y2}) ..")
        elif command != "M":
            parts.append("--")
        parts.append(f"({x}, {y})")
    return " ".join(parts)
