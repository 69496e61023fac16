"""Graphs from expressions such as ``(apple * 2 + orange * 3) * tax``.

The text is parsed with `ast` and every node of the syntax is checked against what is
known; nothing is ever evaluated as Python.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from graphgrad.errors import ExpressionError
from graphgrad.graph.leaves import variable
from graphgrad.graph.op import REGISTRY, Op, constant
from graphgrad.graph.tensor import Tensor

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.Mod: "remainder",
    ast.USub: "negative",
    ast.UAdd: "positive",
}
_LONGEST = 10_000


def parse(text: str, values: Mapping[str, float]) -> tuple[Tensor, dict[str, Tensor]]:
    """Build the graph that an expression describes.

    Args:
        text: numbers, names, ``+ - * / % **``, parentheses, and calls of ops that work
            element by element, e.g. ``exp(-x)``.
        values: the value of each name.

    Returns:
        The result, and the variable of each name.

    Raises:
        ExpressionError: for anything else in the text, a name without a value, or a
            value without a name in the text.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"the expression is longer than {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        walked = list(ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        detail = getattr(error, "msg", "it nests too deeply")
        raise ExpressionError(f"{text!r} is not an expression: {detail}") from None
    names = dict.fromkeys(n.id for n in walked if isinstance(n, ast.Name))
    calls = [n.func for n in walked if isinstance(n, ast.Call)]
    functions = {f.id for f in calls if isinstance(f, ast.Name)}
    unused = values.keys() - names.keys()
    if unused:
        raise ExpressionError(f"{sorted(unused)[0]!r} is not in the expression")
    for node in _operands(tree.body):
        _parts(node)  # syntax is refused before a missing value is
    leaves = {
        name: variable(_value(name, values), name=name)
        for name in names
        if name not in functions or name in values
    }
    return _build(tree.body, leaves), leaves


def _operands(root: ast.expr) -> Iterator[ast.expr]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(_parts(node)[1])


def _value(name: str, values: Mapping[str, float]) -> float:
    if name not in values:
        raise ExpressionError(
            f"{name!r} has no value", remedy=f"add {name}=1.5 to the command"
        )
    return values[name]


def _build(root: ast.expr, leaves: Mapping[str, Tensor]) -> Any:
    """The graph of a syntax tree, from its leaves up, without recursion."""
    built: dict[ast.AST, Any] = {}
    stack: list[tuple[ast.expr, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        op, operands = _parts(node)
        if not operands:
            built[node] = _leaf(node, leaves)
        elif ready:
            assert op is not None
            built[node] = op(*[built[x] for x in operands])
        else:
            stack.append((node, True))
            stack += [(x, False) for x in reversed(operands)]
    return built[root]


def _leaf(node: ast.expr, leaves: Mapping[str, Tensor]) -> Tensor:
    if isinstance(node, ast.Constant):
        return constant(float(node.value))  # type: ignore[arg-type]
    assert isinstance(node, ast.Name)
    return leaves[node.id]


def _parts(node: ast.expr) -> tuple[Op | None, list[ast.expr]]:
    """The op of a piece of syntax and its operands; none for a leaf."""
    if isinstance(node, ast.BinOp | ast.UnaryOp) and type(node.op) in _OPERATORS:
        binary = isinstance(node, ast.BinOp)
        operands = [node.left, node.right] if binary else [node.operand]
        return REGISTRY[_OPERATORS[type(node.op)]], operands
    if isinstance(node, ast.Call):
        return _called(node), list(node.args)
    if isinstance(node, ast.Name) or (
        isinstance(node, ast.Constant) and type(node.value) in (int, float)
    ):
        return None, []
    kind = _KINDS.get(type(node), type(node).__name__)
    raise ExpressionError(
        f"{ast.unparse(node)!r}: {kind} cannot be part of an expression",
        remedy="use numbers, names, + - * / % **, parentheses and functions: exp(-x)",
    )


_KINDS: dict[type, str] = {
    ast.Attribute: "an attribute",
    ast.Subscript: "a subscript",
    ast.Lambda: "a function",
    ast.Compare: "a comparison",
    ast.Constant: "a text",
}


def _called(node: ast.Call) -> Op:
    name = ast.unparse(node.func)
    op = REGISTRY.get(name)
    known = op is not None and op.domain.signature == "()" and not op.parameters
    if not isinstance(node.func, ast.Name) or not known or op is None:
        raise ExpressionError(
            f"{name!r} is not a function that an expression may call",
            remedy="use an op that works element by element, such as exp, log, "
            "sigmoid or maximum; gg.ops.table() lists them",
        )
    if node.keywords or len(node.args) != op.arity:
        raise ExpressionError(
            f"{name} takes {op.arity} arguments: {name}{op.signature}"
        )
    return op
