"""``graphgrad``: draw, explain, explore, check and demo from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from graphgrad.cli.check import STATUS, judge
from graphgrad.cli.demos import TOUR, available, play
from graphgrad.cli.expression import parse
from graphgrad.drawing.explore import explore
from graphgrad.drawing.render import render
from graphgrad.errors import ExpressionError, GraphgradError
from graphgrad.graph.tensor import Tensor
from graphgrad.insight.chain import explain
from graphgrad.insight.explanation import Explanation

_FORMS: dict[str, Callable[[Explanation], str]] = {
    "text": str,
    "markdown": Explanation.to_markdown,
    "latex": Explanation.to_latex,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status, 2 for what the user can mend."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except GraphgradError as error:
        print(f"graphgrad: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ngraphgrad: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="graphgrad",
        description="Build computational graphs, draw their backpropagation.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    draw = commands.add_parser("draw", help="draw an expression and its gradients")
    _add_expression(draw)
    draw.add_argument("-o", "--output", type=Path, default=Path("graph.svg"))
    draw.add_argument("--theme", choices=("light", "dark"), default="light")
    draw.add_argument("--heat", action="store_true", help="colour by size of gradient")
    draw.set_defaults(command=_draw)
    chain = commands.add_parser("explain", help="print the chain rule along each path")
    _add_expression(chain)
    chain.add_argument("--form", choices=_FORMS, default="text")
    chain.set_defaults(command=_explain)
    page = commands.add_parser("explore", help="write a page that steps through it")
    _add_expression(page)
    page.add_argument("-o", "--output", type=Path, default=Path("graph.html"))
    page.set_defaults(command=_explore)
    check = commands.add_parser("check", help="judge the gradients of module:name")
    check.add_argument("target", help="a tensor, graph, op or function of tensors")
    check.add_argument(
        "--shape",
        type=_sizes,
        action="append",
        default=[],
        metavar="3,4",
        help="of one argument of a function; once for each",
    )
    check.add_argument("--order", type=int, choices=(1, 2), default=2)
    check.add_argument("--examples", type=_count, default=40, help="inputs to draw")
    check.set_defaults(command=_check)
    demo = commands.add_parser("demo", help="run demos, figures into a folder")
    demo.add_argument("name", nargs="?", help="a demo's name; none for a tour")
    demo.add_argument("--all", action="store_true", help="run every demo")
    demo.add_argument("--list", action="store_true", help="list the demos")
    demo.add_argument("--quick", action="store_true", help="a shorter form")
    demo.add_argument("--out", type=Path, default=Path("out"), help="folder of figures")
    demo.set_defaults(command=_demo)
    return parser


def _add_expression(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("expression", help='e.g. "(apple * 2 + orange * 3) * tax"')
    parser.add_argument("values", nargs="*", metavar="name=value")


def _parsed(options: argparse.Namespace) -> tuple[Tensor, dict[str, Tensor]]:
    pairs = [_number(text) for text in options.values]
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ExpressionError(f"a name has two values: {' '.join(options.values)}")
    result, leaves = parse(options.expression, values)
    if leaves:
        result.backward()
    return result, leaves


def _number(text: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    try:
        return name, float(value) if sign else float("")
    except ValueError:
        raise ExpressionError(
            f"{text!r} does not give a name a number", remedy="write apple=100"
        ) from None


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part.strip())


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError("there must be one at least")
    return int(text)


def _check(options: argparse.Namespace) -> int:
    verdict = judge(
        options.target, options.shape, order=options.order, examples=options.examples
    )
    print(verdict)
    return STATUS[verdict.verdict]


def _draw(options: argparse.Namespace) -> int:
    result, leaves = _parsed(options)
    picture = render(result, options.output, theme=options.theme, heat=options.heat)
    print(f"value {float(result):.6g}")
    for name, leaf in leaves.items():
        print(f"gradient of {name} {_slope(leaf):.6g}")
    print(f"wrote {options.output} ({picture.engine} layout)")
    return 0


def _slope(leaf: Tensor) -> float:
    return 0.0 if leaf.grad is None else float(leaf.grad)


def _explain(options: argparse.Namespace) -> int:
    result, leaves = _parsed(options)
    result.named("result") if result.name is None else result
    told = [_FORMS[options.form](explain(result, wrt=x)) for x in leaves.values()]
    print(("\n" if options.form == "text" else "\n\n").join(told))
    return 0


def _explore(options: argparse.Namespace) -> int:
    result, _ = _parsed(options)
    explore(result, options.output)
    print(f"wrote {options.output}")
    return 0


def _demo(options: argparse.Namespace) -> int:
    if options.list:
        for name, summary in available().items():
            print(f"{name:<12} {summary}")
        return 0
    names = [options.name] if options.name else TOUR
    play(available() if options.all else names, options.out, quick=options.quick)
    return 0
