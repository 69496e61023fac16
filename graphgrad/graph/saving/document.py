"""Documents: graphs as lists and dicts, which JSON holds as they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphgrad.errors import DataError, GraphgradError
from graphgrad.graph.body import Body, stand_in
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import CONSTANT, PLACEHOLDER, REGISTRY, VARIABLE, Op, leaf
from graphgrad.graph.saving.codec import (
    decode_array,
    decode_attr,
    decode_dtype,
    decode_shape,
    encode_array,
    encode_attr,
)
from graphgrad.graph.tensor import NO_ATTRS, Tensor
from graphgrad.shapes import is_static, show

FORMAT, VERSION = "graphgrad", 1
_LEAVES = {op.name: op for op in (VARIABLE, PLACEHOLDER, CONSTANT)}
_KEYS = {"op", "inputs", "attrs", "shape", "dtype", "name", "scope", "value"}


def to_document(graph: Graph) -> dict[str, Any]:
    """The graph as a document.

    Raises:
        DataError: for an attr that cannot be saved.
    """
    numbers: dict[Tensor, int] = {}
    return {
        "format": FORMAT,
        "version": VERSION,
        "hash": graph.hash(),
        "nodes": encode_nodes(graph.nodes, numbers),
        "outputs": [numbers[y] for y in graph.outputs],
    }


def encode_nodes(
    nodes: Iterable[Tensor], numbers: dict[Tensor, int]
) -> list[dict[str, Any]]:
    """The entries of nodes that are not numbered yet; it numbers them."""
    found = []
    for node in nodes:
        if node in numbers:
            continue
        entry: dict[str, Any] = {"op": node.op.name}
        if node.inputs:
            entry["inputs"] = [numbers[x] for x in node.inputs]
        if node.attrs:
            entry["attrs"] = {
                key: encode_attr(value, encode_body)
                for key, value in node.attrs.items()
            }
        entry["shape"], entry["dtype"] = _kind(node)
        if node.name is not None:
            entry["name"] = node.name
        if node.scope:
            entry["scope"] = node.scope
        if node.op in (VARIABLE, CONSTANT):
            entry["value"] = encode_array(node._value)
        numbers[node] = len(numbers)
        found.append(entry)
    return found


def _kind(node: Any) -> tuple[list[Any], Any]:
    """Shape and dtype, or a list of each for a node with several results."""
    if node.op.multiple:
        return [list(s) for s in node.shape], [d.name for d in node.dtype]
    return list(node.shape), node.dtype.name


def encode_body(body: Body) -> dict[str, Any]:
    """A body; its inputs have the first numbers."""
    numbers = {x: i for i, x in enumerate(body.inputs)}
    return {
        "inputs": [
            {"shape": list(x.shape), "dtype": x.dtype.name} for x in body.inputs
        ],
        "nodes": encode_nodes(body.order, numbers),
        "outputs": [numbers[y] for y in body.outputs],
    }


def from_document(document: Any) -> Graph:
    """The graph of a document.

    Raises:
        DataError: if anything in it is wrong; the message names the place.
    """
    keys = {"format", "version", "hash", "nodes", "outputs"}
    _require_keys(document, keys, "the document")
    if document["format"] != FORMAT:
        raise DataError(f"it is of format {document['format']!r:.40}, not {FORMAT!r}")
    if document["version"] != VERSION or type(document["version"]) is not int:
        raise DataError(
            f"it is of version {document['version']!r:.40}, and {VERSION} is known",
            remedy="read it with the graphgrad that wrote it, or a newer one",
        )
    graph = build(document["nodes"], document["outputs"])
    if graph.hash() != document["hash"]:
        raise DataError(
            "its hash is not that of its content", remedy="it was changed or damaged"
        )
    return graph


def build(nodes: Any, outputs: Any) -> Graph:
    """The graph of the nodes of a document, and the numbers of its outputs.

    Raises:
        DataError: as `from_document`.
    """
    tensors: list[Tensor] = []
    try:
        decode_nodes(nodes, tensors)
    except RecursionError:
        raise DataError("its bodies are nested too deeply") from None
    return Graph(_chosen(outputs, tensors))


def _require_keys(data: Any, keys: set[str], place: str) -> None:
    if not isinstance(data, dict) or data.keys() != keys:
        found = (
            sorted(map(str, data)) if isinstance(data, dict) else type(data).__name__
        )
        raise DataError(f"{place} has {found!s:.80} in place of {sorted(keys)}")


def _chosen(places: Any, tensors: Sequence[Tensor]) -> list[Tensor]:
    if not isinstance(places, list) or not places:
        raise DataError("it has no list of outputs")
    return [_at(place, tensors) for place in places]


def _at(place: Any, tensors: Sequence[Tensor]) -> Tensor:
    if type(place) is not int or not 0 <= place < len(tensors):
        raise DataError(
            f"{place!r:.40} is not the number of a node before it, of {len(tensors)}"
        )
    return tensors[place]


def decode_nodes(entries: Any, tensors: list[Tensor], *, inside: bool = False) -> None:
    """Append the nodes that the entries write; each may use those before it.

    Raises:
        DataError: as `from_document`.
    """
    if not isinstance(entries, list):
        raise DataError("its nodes are no list")
    for entry in entries:
        try:
            tensors.append(_decode_node(entry, tensors, inside))
        except DataError as error:
            name = entry.get("op", "?") if isinstance(entry, dict) else "?"
            raise DataError(
                f"node {len(tensors)} ({name!s:.40}): {error.problem}",
                remedy=error.remedy,
            ) from None


def _decode_node(entry: Any, tensors: Sequence[Tensor], inside: bool) -> Tensor:
    if not isinstance(entry, dict) or not {"op", "shape", "dtype"} <= entry.keys():
        raise DataError("it lacks an op, a shape or a dtype")
    if not entry.keys() <= _KEYS:
        raise DataError(f"it has an unknown key {min(entry.keys() - _KEYS)!r:.40}")
    name, scope = entry.get("name"), entry.get("scope", "")
    if not isinstance(scope, str) or not (
        name is None or (isinstance(name, str) and name)
    ):
        raise DataError("its name or scope is no text")
    attrs = entry.get("attrs", {})
    if not isinstance(attrs, dict):
        raise DataError("its attrs are no dict")
    known = {key: decode_attr(value, _decode_body) for key, value in attrs.items()}
    op = entry["op"]
    if isinstance(op, str) and op in _LEAVES:
        if inside and op != CONSTANT.name:
            raise DataError("a body has no leaves but constants")
        node = _decode_leaf(_LEAVES[op], entry, known)
    else:
        node = _decode_result(op, entry, tensors, known)
    node.name, node.scope = name, scope
    return node


def _decode_leaf(op: Op, entry: dict[str, Any], attrs: Mapping[str, Any]) -> Tensor:
    if "inputs" in entry or ("value" in entry) == (op is PLACEHOLDER):
        raise DataError("a leaf has a value, unless it is a placeholder, and no inputs")
    allowed = {VARIABLE: {"trainable"}, PLACEHOLDER: {"random"}}.get(op, set())
    required = {"trainable"} if op is VARIABLE else set()
    if not required <= attrs.keys() <= allowed or any(
        type(value) is not bool for value in attrs.values()
    ):
        raise DataError(f"its attrs {dict(attrs)!r:.60} are not those of a {op.name}")
    shape, dtype = decode_shape(entry["shape"]), decode_dtype(entry["dtype"])
    if op is PLACEHOLDER:
        return Tensor(op, (), dict(attrs) or NO_ATTRS, shape, dtype)
    if not is_static(shape):
        raise DataError(f"a {op.name} of shape {show(shape)} has no value")
    array = decode_array(entry["value"], shape, dtype)  # type: ignore[arg-type]
    array.flags.writeable = False
    return leaf(op, array, None, dict(attrs) or NO_ATTRS)


def _decode_result(
    name: Any, entry: dict[str, Any], tensors: Sequence[Tensor], attrs: dict[str, Any]
) -> Tensor:
    op = REGISTRY.get(name) if isinstance(name, str) else None
    if op is None:
        raise DataError(
            f"there is no op {name!r:.40}",
            remedy="import the module that declares it before reading the graph",
        )
    places = entry.get("inputs", [])
    if not isinstance(places, list) or "value" in entry:
        raise DataError("it has inputs, and no value")
    inputs = [_at(place, tensors) for place in places]
    if (
        not inputs
        or op.arity not in (None, len(inputs))
        or (any(x.op.multiple for x in inputs) and name != "project")
    ):
        raise DataError(f"{op.name}{op.signature} does not take these inputs")
    if not attrs.keys() <= op.parameters.keys():
        raise DataError(f"its attrs {sorted(attrs)} are not {sorted(op.parameters)}")
    try:
        node = op.node(tuple(inputs), attrs or NO_ATTRS)
        hash(tuple(attrs.items()))
    except GraphgradError as error:
        raise DataError(error.problem, remedy=error.remedy) from None
    except Exception as error:  # attrs that no call makes may do anything to a rule
        raise DataError(f"{op.name} does not take it: {error}") from None
    _require_kind(node, entry)
    return node


def _require_kind(node: Tensor, entry: dict[str, Any]) -> None:
    """The shape and dtype that the op infers are those that are written."""
    shape, dtype = entry["shape"], entry["dtype"]
    told = _kind(node)
    if (shape, dtype) != told or repr(shape) != repr(told[0]):
        raise DataError(
            f"its shape and dtype are written as {shape!r:.60} {dtype!r:.40}, and are "
            f"{told[0]!r:.60} {told[1]!r:.40}"
        )


def _decode_body(data: Any) -> Body:
    _require_keys(data, {"inputs", "nodes", "outputs"}, "a body")
    if not isinstance(data["inputs"], list):
        raise DataError("the inputs of a body are no list")
    inputs = []
    for entry in data["inputs"]:
        _require_keys(entry, {"shape", "dtype"}, "the input of a body")
        dtype = decode_dtype(entry["dtype"])
        inputs.append(stand_in(_Kind(dtype), decode_shape(entry["shape"])))
    tensors = list(inputs)
    decode_nodes(data["nodes"], tensors, inside=True)
    outputs = data["outputs"]
    return Body(inputs, _chosen(outputs, tensors) if outputs else [])


class _Kind:
    """What a stand-in is made after."""

    shape = ()

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype


def to_json(graph: Graph) -> str:
    """The document as JSON."""
    return json.dumps(to_document(graph), ensure_ascii=False, allow_nan=False)


def from_json(text: Any) -> Graph:
    """The graph of a document in JSON.

    Raises:
        DataError: if anything in it is wrong.
    """
    if not isinstance(text, str | bytes):
        raise DataError(f"JSON is a text, not {type(text).__name__}")
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DataError(f"it is no JSON: {error}") from None
    return from_document(document)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice in one object")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
