"""The text form of a graph: a line per node, for people and to be read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from graphgrad.errors import DataError
from graphgrad.graph.body import Body
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.pattern import ARRAY, Slice
from graphgrad.graph.saving.codec import encode_array
from graphgrad.graph.saving.document import build
from graphgrad.graph.tensor import Tensor
from graphgrad.shapes import show

_FEW = 4  # entries of a constant that people are shown


def to_text(graph: Graph) -> str:
    """A line per node with all values, bodies first; `from_text` reads it.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([1.0, 2.0], name="x")
        >>> text = gg.Graph(gg.sum(x * x)).to_text()
        >>> print(text)
        v0 = variable(trainable=True) "x" (2,) float64 = [1.0, 2.0]
        v1 = multiply(v0, v0) (2,) float64
        v2 = sum(v1, axis=(0,), keepdims=False, dtype=None) () float64
        -> v2
        >>> gg.run(gg.Graph.from_text(text).outputs[0]).outputs[0].item()
        5.0
    """
    return _written(graph, complete=True)


def shown(graph: Graph) -> str:
    """As `to_text`, for people: of the values only small constants."""
    return _written(graph, complete=False)


def _written(graph: Graph, *, complete: bool) -> str:
    bodies: dict[Body, str] = {}
    numbers: dict[Tensor, str] = {}
    lines = [_line(t, numbers, bodies, complete) for t in graph.nodes]
    ends = ", ".join(numbers[t] for t in graph.outputs)
    return "\n".join([*_sections(bodies, complete), *lines, f"-> {ends}"])


def _sections(bodies: dict[Body, str], complete: bool) -> list[str]:
    """The bodies met on the way, each before the first that uses it."""
    written: list[list[str]] = []
    done = 0
    while done < len(bodies):
        body, name = list(bodies.items())[done]
        numbers = {x: f"v{i}" for i, x in enumerate(body.inputs)}
        heads = [f"  v{i} = {_kind(x)}" for i, x in enumerate(body.inputs)]
        rest = [x for x in body.order if x not in numbers]
        lines = [f"  {_line(x, numbers, bodies, complete)}" for x in rest]
        ends = ", ".join(numbers[y] for y in body.outputs)
        written.append([f"body {name}", *heads, *lines, f"  -> {ends}"])
        done += 1
    return [line for section in reversed(written) for line in section]


def _kind(x: Any) -> str:
    if x.op.multiple:
        shapes = ", ".join(show(s) for s in x.shape)
        return f"[{shapes}] [{', '.join(d.name for d in x.dtype)}]"
    return f"{show(x.shape)} {x.dtype}"


def _line(
    node: Tensor, numbers: dict[Tensor, str], bodies: dict[Body, str], complete: bool
) -> str:
    number = numbers.setdefault(node, f"v{len(numbers)}")
    parts = [numbers[x] for x in node.inputs]
    shown = complete or bool(node.inputs)
    parts += [f"{k}={_attr(v, bodies)}" for k, v in node.attrs.items() if shown]
    head = f"{node.op.name}({', '.join(parts)})" if parts else node.op.name
    name = f" {json.dumps(node.name, ensure_ascii=False)}" if node.name else ""
    scope = f" in {json.dumps(node.scope, ensure_ascii=False)}" if node.scope else ""
    value = _value(node) if complete or _is_small(node) else ""
    return f"{number} = {head}{name} {_kind(node)}{scope if complete else ''}{value}"


def _is_small(node: Tensor) -> bool:
    return node.op is CONSTANT and node._value.size <= _FEW


def _value(node: Tensor) -> str:
    if node.inputs or node._value is None:
        return ""
    data = encode_array(node._value)
    sole = isinstance(data, list) and not node.shape and len(data) == 1
    return f" = {json.dumps(data[0] if sole else data)}"


def _attr(value: Any, bodies: dict[Body, str]) -> str:
    if isinstance(value, tuple):
        inside = ", ".join(_attr(v, bodies) for v in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, Slice):
        return f"slice({value.start}, {value.stop}, {value.step})"
    if isinstance(value, Body):
        return bodies.setdefault(value, f"b{len(bodies)}")
    if isinstance(value, complex):
        return f"complex({value.real!r}, {value.imag!r})"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return "..." if value is Ellipsis else repr(value)


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<dots>\.\.\.)
      | (?P<number>-?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|inf\b|nan\b))
      | (?P<word>[^\W\d]\w*)
      | (?P<mark>->|[()\[\]=,+*])
    )""",
    re.VERBOSE,
)


class _Reader:
    """The tokens of one line."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0

    def peek(self) -> str:
        """The next token, or nothing at the end."""
        found = _TOKEN.match(self.line, self.at)
        if found is None:
            if self.line[self.at :].strip():
                raise DataError(
                    f"{self.line[self.at :].strip()!r:.40} is not understood"
                )
            return ""
        return found.group().strip()

    def take(self, expected: str | None = None) -> str:
        """The next token, which is the expected one if one is given."""
        token = self.peek()
        if not token or (expected is not None and token != expected):
            wanted = repr(expected) if expected else "more"
            raise DataError(f"{wanted} is expected before {self.line[self.at :]!r:.40}")
        self.at = _TOKEN.match(self.line, self.at).end()  # type: ignore[union-attr]
        return token

    def rest(self) -> str:
        """Everything that is left."""
        return self.line[self.at :].strip()

    def listed(self, end: str) -> Iterator[None]:
        """One turn for every item of a list, up to its end or that of the line."""
        while self.peek() != end:
            yield
            if self.peek() != end:
                self.take(",")
        if end:
            self.take(end)


def from_text(text: str) -> Graph:
    """The graph of a text that `to_text` wrote, or that is written like it.

    Raises:
        DataError: if a line is not understood, or what it says is wrong.
    """
    bodies: dict[str, Any] = {}
    lines = iter([line for line in str(text).splitlines() if line.strip()])
    for line in lines:
        if not line.startswith("body "):
            break
        name = line.removeprefix("body ").strip()
        entries, outputs = _section(next(lines, ""), lines, bodies, indent="  ")
        count = next((i for i, e in enumerate(entries) if "op" in e), len(entries))
        bodies[name] = {
            "inputs": entries[:count],
            "nodes": entries[count:],
            "outputs": outputs,
        }
    else:
        raise DataError("the text has no graph")
    entries, outputs = _section(line, lines, bodies)
    if extra := next(lines, ""):
        raise DataError(f"after the outputs comes {extra!r:.40}")
    return build(entries, outputs)


def _section(
    line: str, lines: Iterator[str], bodies: dict[str, Any], indent: str = ""
) -> tuple[list[Any], list[int]]:
    """The nodes up to the outputs, and the numbers of these."""
    numbers: dict[str, int] = {}
    entries = []
    while line.startswith(indent) and not line.strip().startswith("->"):
        try:
            number, entry = _node(_Reader(line), numbers, bodies)
        except DataError as error:
            raise DataError(
                f"line {line.strip()!r:.60}: {error.problem}", remedy=error.remedy
            ) from None
        if number in numbers:
            raise DataError(f"{number} is there twice")
        numbers[number] = len(numbers)
        entries.append(entry)
        line = next(lines, "")
    reader = _Reader(line)
    reader.take("->")
    outputs = [_place(reader, numbers) for _ in reader.listed("")]
    return entries, outputs


def _place(reader: _Reader, numbers: dict[str, int]) -> int:
    name = reader.take()
    if name not in numbers:
        raise DataError(f"{name!r} is no node before it")
    return numbers[name]


def _node(
    reader: _Reader, numbers: dict[str, int], bodies: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    number = reader.take()
    reader.take("=")
    entry: dict[str, Any] = {}
    if reader.peek() != "(":
        entry["op"] = reader.take()
        if reader.line[reader.at : reader.at + 1] == "(":
            _arguments(reader, entry, numbers, bodies)
        if reader.peek().startswith('"'):
            entry["name"] = _string(reader)
    if reader.peek() == "[":
        reader.take("[")
        entry["shape"] = [_shape(reader) for _ in reader.listed("]")]
        reader.take("[")
        entry["dtype"] = [reader.take() for _ in reader.listed("]")]
    else:
        entry["shape"] = _shape(reader)
        entry["dtype"] = reader.take()
    if reader.peek() == "in":
        reader.take("in")
        entry["scope"] = _string(reader)
    if reader.peek() == "=":
        reader.take("=")
        entry["value"] = _data(reader.rest())
    elif entry.get("op") in ("variable", "constant"):
        raise DataError(
            "its value is left out", remedy="read what to_text gives, not str"
        )
    elif reader.rest():
        raise DataError(f"{reader.rest()!r:.40} is not understood")
    return number, entry


def _data(text: str) -> Any:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise DataError(f"{text!r:.40} is no value") from None
    return data if isinstance(data, list | str) else [data]


def _string(reader: _Reader) -> str:
    try:
        return str(json.loads(reader.take()))
    except ValueError:
        raise DataError("a text in quotes is expected") from None


def _shape(reader: _Reader) -> list[Any]:
    """Dimensions between brackets: numbers, or sums and products of names."""
    reader.take("(")
    dims: list[Any] = []
    for _ in reader.listed(")"):
        tokens = []
        while reader.peek() not in (",", ")"):
            tokens.append(reader.take())
        text = " ".join(tokens).replace(" * ", "*")
        dims.append(int(text) if text.isdecimal() else text)
    return dims


def _arguments(
    reader: _Reader,
    entry: dict[str, Any],
    numbers: dict[str, int],
    bodies: dict[str, Any],
) -> None:
    reader.take("(")
    inputs, attrs = [], {}
    for _ in reader.listed(")"):
        name = reader.take()
        if reader.peek() == "=":
            reader.take("=")
            attrs[name] = _parsed(reader, bodies)
        elif name in numbers and not attrs:
            inputs.append(numbers[name])
        else:
            raise DataError(f"{name!r} is no node before it")
    if inputs:
        entry["inputs"] = inputs
    if attrs:
        entry["attrs"] = attrs


_WORDS = {"None": None, "True": True, "False": False}


def _parsed(reader: _Reader, bodies: dict[str, Any]) -> Any:
    """An attr as documents have it; see codec.py."""
    token = reader.take()
    if token in _WORDS:
        return _WORDS[token]
    if token == "(":
        return [_parsed(reader, bodies) for _ in reader.listed(")")]
    if token in ("slice", "complex"):
        reader.take("(")
        return {token: [_parsed(reader, bodies) for _ in reader.listed(")")]}
    if token in ("...", repr(ARRAY)):
        return {"index": token}
    if token in bodies:
        return {"body": bodies[token]}
    if token in ("inf", "-inf", "nan"):
        return {"float": token}
    try:
        return json.loads(token)
    except ValueError:
        raise DataError(f"{token!r:.40} is no attr") from None
