"""A picture is its SVG text, and can be written in several formats, whole or not."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from graphgrad.drawing.tikz import tikz_document, tikz_picture
from graphgrad.errors import DrawingError
from graphgrad.files import write_whole

_LARGEST = 16_000  # pixels of a side; painters of PNG give up somewhat above


class Picture(str):
    """The text of an SVG picture; notebooks show it.

    Attributes:
        engine: the layout engine that placed it, "layered" or "graphviz".
    """

    __slots__ = ("_dot", "_size", "engine")

    engine: str

    @classmethod
    def make(
        cls, svg: str, engine: str, size: tuple[float, float], dot: Callable[[], str]
    ) -> Picture:
        """A picture of this text, with what other formats need."""
        picture = cls(svg)
        picture.engine, picture._size, picture._dot = engine, size, dot
        return picture

    def _repr_svg_(self) -> str:
        return str(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture; the suffix says how.

        The file is complete or not there: what was there before stays until then.

        Raises:
            DrawingError: for an unknown suffix, a folder that does not exist, or a
                format whose library is not installed.
        """
        file = checked_path(path)
        write_whole(file, _FORMATS[file.suffix.lower()](self), DrawingError)
        return file


def checked_path(path: str | os.PathLike[str]) -> Path:
    """A path that a picture can be written to.

    Raises:
        DrawingError: for an unknown suffix or a folder that does not exist.
    """
    file = Path(path)
    if file.suffix.lower() not in _FORMATS:
        raise DrawingError(
            f"{str(file)!r} does not end in a format that can be drawn",
            remedy=f"end it in one of {', '.join(_FORMATS)}",
        )
    if not file.parent.is_dir():
        raise DrawingError(
            f"the folder {str(file.parent)!r} does not exist",
            remedy="make it first, or choose another",
        )
    return file


def _svg(picture: Picture) -> bytes:
    return picture.encode("utf-8")


def _png(picture: Picture) -> bytes:
    resvg = _library("resvg_py")
    zoom = min(2.0, _LARGEST / max(picture._size))
    return bytes(
        resvg.svg_to_bytes(
            svg_string=str(picture), zoom=zoom, font_files=_font_files() or None
        )
    )


def _pdf(picture: Picture) -> bytes:
    converter = _library("vl_convert")
    folders = {str(Path(file).parent) for file in _font_files()}
    for folder in sorted(folders):
        converter.register_font_directory(folder)
    return converter.svg_to_pdf(str(picture))


def _dot(picture: Picture) -> bytes:
    return picture._dot().encode("utf-8")


def _tex(picture: Picture) -> bytes:
    return tikz_document(picture).encode("utf-8")


def _tikz(picture: Picture) -> bytes:
    return tikz_picture(picture).encode("utf-8")


_FORMATS: dict[str, Callable[[Picture], bytes]] = {
    ".svg": _svg,
    ".png": _png,
    ".pdf": _pdf,
    ".dot": _dot,
    ".gv": _dot,
    ".tex": _tex,
    ".tikz": _tikz,
}


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise DrawingError(
            f"this format needs the library {name}, which is not installed",
            remedy='pip install "graphgrad[pictures]", or write .svg',
        ) from None


def _font_files() -> list[str]:
    """Fonts that come with Python packages, for machines that have none of their own.

    DejaVu Sans is Matplotlib's; Chinese, Japanese and Korean names need the font
    package of the extra, if the machine has no such font.
    """
    files: list[str] = []
    for module, pattern in (
        ("matplotlib", "mpl-data/fonts/ttf/DejaVuSans*.ttf"),
        ("manimgx_fonts_cjk", "**/*.[ot]t[fc]"),
    ):
        try:
            found = import_module(module)
        except ImportError:
            continue
        folder = Path(str(found.__file__)).parent
        files += sorted(str(p) for p in folder.glob(pattern))
    return files
