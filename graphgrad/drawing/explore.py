"""The interactive page: a graph, its statistics and groups in one offline file."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, fields
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from graphgrad.drawing.page_data import page_data
from graphgrad.drawing.theme import THEMES, Paint
from graphgrad.errors import DrawingError
from graphgrad.execute.run import Run
from graphgrad.files import write_whole
from graphgrad.insight.recording import Recording

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const|class|async)", re.MULTILINE)


def explore(
    target: Any,
    path: str | os.PathLike[str],
    *,
    against: Run | None = None,
    title: str = "",
) -> Path:
    """Write a page that steps through a graph, forward and backward.

    The page is one file that needs no network. It plays each step of backpropagation,
    upstream × local derivative = contribution, and the sums where values fan out; it
    shows what is in every array, folds modules, searches, and compares two runs.

    Args:
        target: a tensor, a list of tensors, a `Graph`, `Run` or `Program`; or the
            `gg.train.Recording` of a training, which is shown with a slider of time.
        path: where to write it, ending in .html.
        against: a second run of the same graph, to compare with a first `Run`.
        title: a heading.

    Returns:
        The path.

    Raises:
        DrawingError: for another suffix, or a folder that does not exist.
        ArgumentError: for a target that cannot be drawn, or runs of other graphs.

    Example:
        >>> import tempfile
        >>> import graphgrad as gg
        >>> x = gg.variable(3.0, name="x")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = gg.explore(x * x, folder + "/square.html")
        ...     page.read_text(encoding="utf-8")[:15]
        '<!DOCTYPE html>'
    """
    file = Path(path)
    if file.suffix.lower() not in (".html", ".htm"):
        raise DrawingError(
            f"{str(file)!r} is no name of a page", remedy="end it in .html"
        )
    if not file.parent.is_dir():
        raise DrawingError(
            f"the folder {str(file.parent)!r} does not exist",
            remedy="make it first, or choose another",
        )
    write_whole(
        file, page_of(target, against, title).encode("utf-8", "replace"), DrawingError
    )
    return file


def page_of(target: Any, against: Run | None = None, title: str = "") -> str:
    """The text of the page; see `explore`."""
    if isinstance(target, Recording):
        data: dict[str, Any] = {
            "version": 1,
            "title": title or "Training",
            "summary": f"{len(target.steps)} moments of a training",
            "runs": ["run"],
            "nodes": [],
            "edges": [],
            "groups": [],
            "recording": _finite(asdict(target)),
        }
    else:
        data = page_data(target, against, title)
    folder = files("graphgrad.drawing") / "page"
    styles = sorted(f.name for f in folder.iterdir() if f.name.endswith(".css"))
    sheets = [(folder / name).read_text("utf-8") for name in styles]
    parts = {
        "TITLE": escape(data["title"] or "Computational graph"),
        "STYLE": "\n".join([_palette(), *sheets]),
        "DATA": _json(data),
        "SCRIPT": "\n".join(_modules(folder, "main.js", set())),
    }
    template = (folder / "page.html").read_text("utf-8")
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda match: parts[match[1]], template)


def _palette() -> str:
    """The colours of all pictures as variables of style sheets."""
    rules = []
    for name, theme in THEMES.items():
        colours: dict[str, str] = {}
        for field in fields(theme):
            key, value = field.name.replace("_", "-"), getattr(theme, field.name)
            if isinstance(value, Paint):
                parts = {"fill": value.fill, "line": value.stroke, "text": value.text}
                colours |= {f"{key}-{part}": code for part, code in parts.items()}
            elif isinstance(value, str):
                colours[key] = value
        lines = "".join(f"--{key}:{code};" for key, code in colours.items())
        rules.append(f':root[data-theme="{name}"]{{{lines}}}')
    return "\n".join(rules)


def _modules(folder: Traversable, name: str, seen: set[str]) -> Iterator[str]:
    """The sources of a module and of those that it imports, each before its users.

    Without their imports and exports they are one script, which browsers run from a
    file too; modules of their own they would not.
    """
    if name in seen:
        return
    seen.add(name)
    source = (folder / name).read_text("utf-8")
    for other in _IMPORT.findall(source):
        yield from _modules(folder, other, seen)
    yield _EXPORT.sub("", _IMPORT.sub("", source))


def _finite(data: Any) -> Any:
    """The same with None for numbers that are not finite, which JSON has not."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _json(data: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends one."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
