"""Convolutions of one and two axes, and their transposes (book §7.2, §7.4).

As everywhere in the field the kernel is not turned over: it is a cross-correlation.
Windows become the rows of a matrix (im2col), so that BLAS does the work; the matrix
holds each entry of the input once for every entry of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.declare import composite
from graphgrad.graph.op import declared
from graphgrad.ops.linear import matmul
from graphgrad.ops.movement import matrix_transpose, permute_dims, reshape
from graphgrad.ops.windows import as_numbers, fold, pad, unfold
from graphgrad.shapes import product, show

_REALS = Interval(-3, 3)
Margins = tuple[tuple[int, int], ...]


def as_margins(
    padding: Any, size: tuple[Any, ...], window: Any, stride: Any, dilation: Any
) -> Margins:
    """Entries to put before and after every axis.

    Args:
        padding: "valid" (none), "same" (as many places as entries, for stride 1; else
            their number over the stride, rounded up), a number for every end, or for
            every axis a number or a pair.
        size: of the axes.
        window: of the kernel.
        stride: steps from window to window.
        dilation: steps within a window.

    Raises:
        ArgumentError: for anything else.
    """
    if padding == "valid":
        padding = 0
    if padding == "same":
        margins = []
        for n, w, s, d in zip(size, window, stride, dilation, strict=True):
            if s > 1 and not isinstance(n, int):
                raise ShapeError('padding "same" with a stride needs known sizes')
            rest = d * (w - 1) if s == 1 else (-(-n // s) - 1) * s + d * (w - 1) + 1 - n
            margins.append((max(rest, 0) // 2, -(-max(rest, 0) // 2)))
        return tuple(margins)
    if isinstance(padding, str):
        raise ArgumentError(f'padding is "same", "valid" or numbers, not {padding!r}')
    ends = padding if isinstance(padding, list | tuple) else (padding,) * len(size)
    pairs = [e if isinstance(e, list | tuple) else (e, e) for e in ends]
    flat = as_numbers([n for p in pairs for n in p], 2 * len(size), "padding", 0)
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def with_margins(x: Any, margins: Margins, value: float = 0.0) -> Any:
    """x padded along its last axes."""
    if not any(n for pair in margins for n in pair):
        return x
    return pad(x, ((0, 0),) * (x.ndim - len(margins)) + margins, value=value)


def _require_rank(x: Any, w: Any, count: int) -> None:
    if len(x.shape) != count + 2 or len(w.shape) != count + 2:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(w.shape)} are not those of input and "
            f"kernel",
            remedy=f"both have {count + 2} axes: examples, channels and {count} of "
            f"space; filters, channels and {count} of space",
        )


def _correlated(
    x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    count = w.ndim - 2
    filters, depth, *window = w.shape
    if x.shape[1] != depth * groups or filters % groups:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(w.shape)} do not fit: {x.shape[1]} "
            f"channels of the input against {depth} of the kernel × {groups} groups, "
            f"{filters} filters"
        )
    margins = as_margins(padding, x.shape[2:], window, stride, dilation)
    seen = unfold(with_margins(x, margins), window, stride=stride, dilation=dilation)
    examples, places = seen.shape[0], seen.shape[2 : 2 + count]
    split = reshape(seen, (examples, groups, depth, *seen.shape[2:]))
    space = range(3, 3 + count)
    inner = range(3 + count, 3 + 2 * count)
    rows = permute_dims(split, (1, 0, *space, 2, *inner))
    size = product((depth, *window))
    rows = reshape(rows, (groups, product((examples, *places)), size))
    kernel = reshape(w, (groups, filters // groups, size))
    made = matmul(rows, matrix_transpose(kernel))
    made = reshape(made, (groups, examples, *places, filters // groups))
    made = permute_dims(made, (1, 0, 2 + count, *range(2, 2 + count)))
    return reshape(made, (examples, filters, *places))


def _as_convolution(count: int) -> Callable[..., Any]:
    def prepare(
        x: Any,
        w: Any,
        /,
        *,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        _require_rank(x, w, count)
        given = tuple(padding) if isinstance(padding, list) else padding
        return (x, w), {
            "stride": as_numbers(stride, count, "stride"),
            "padding": given,
            "dilation": as_numbers(dilation, count, "dilation"),
            "groups": as_numbers(groups, 1, "groups")[0],
        }

    return prepare


def _convolution(name: str, count: int, axes: str) -> Any:
    def body(
        x: Any,
        w: Any,
        /,
        *,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        return _correlated(x, w, stride, padding, dilation, groups)

    body.__name__ = name
    body.__doc__ = f"""Cross-correlation of images with kernels over {axes} (book §7.2).

Args:
    x: input of shape (examples, channels, {axes}).
    w: kernels of shape (filters, channels / groups, {axes}).
    stride: steps from window to window, for all axes or for each.
    padding: zeros at the ends: a number, a number or pair per axis, "same", "valid".
    dilation: steps within a window.
    groups: parts of the channels, each seen by its part of the filters alone."""
    sides = ("4", "3") if count == 2 else ("6",)
    kernel = ("2", "3") if count == 2 else ("3",)
    return composite(
        prepare=_as_convolution(count),
        domain=Domain(
            (_REALS, _REALS),
            signature=f"(2,4,{','.join(sides)}),(2,2,{','.join(kernel)})",
            options=(
                {"groups": 2},
                {"groups": 2, "stride": 2, "padding": 1},
                {"groups": 2, "dilation": 2, "padding": 2},
                {"groups": 2, "padding": "same"},
            ),
            valid=lambda x, w: x.ndim == w.ndim == count + 2,
        ),
        glyph="∗",
        like=f"torch.nn.functional.{name}",
    )(body)


conv1d = _convolution("conv1d", 1, "width")
conv2d = _convolution("conv2d", 2, "height, width")


def _spread(
    x: Any, w: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any
) -> Any:
    count = w.ndim - 2
    channels, filters, *window = w.shape
    if x.shape[1] != channels:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(w.shape)} do not fit: {x.shape[1]} "
            f"channels of the input against {channels} of the kernel"
        )
    examples, places = x.shape[0], x.shape[2:]
    margins = as_margins(padding, places, window, stride, dilation)
    facts = zip(places, window, stride, dilation, margins, output_padding, strict=True)
    grown = [(n - 1) * s + d * (k - 1) + 1 + extra for n, k, s, d, _, extra in facts]
    rows = reshape(x, (examples, channels, product(places)))
    kernel = reshape(w, (channels, product((filters, *window))))
    parts = matmul(matrix_transpose(rows), kernel)
    parts = reshape(parts, (examples, *places, filters, *window))
    inner = range(2 + count, 2 + 2 * count)
    parts = permute_dims(parts, (0, 1 + count, *range(1, 1 + count), *inner))
    covered = [n - e for n, e in zip(grown, output_padding, strict=True)]
    whole = fold(parts, covered, stride=stride, dilation=dilation)
    whole = with_margins(whole, tuple((0, e) for e in output_padding))
    ends = zip(margins, grown, strict=True)
    return whole[(..., *(slice(a, n - b) for (a, b), n in ends))]


def _as_transposed(count: int) -> Callable[..., Any]:
    def prepare(
        x: Any,
        w: Any,
        /,
        *,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        dilation: Any = 1,
    ) -> Any:
        _require_rank(x, w, count)
        given = tuple(padding) if isinstance(padding, list) else padding
        return (x, w), {
            "stride": as_numbers(stride, count, "stride"),
            "padding": given,
            "output_padding": as_numbers(output_padding, count, "output_padding", 0),
            "dilation": as_numbers(dilation, count, "dilation"),
        }

    return prepare


def _transposed(name: str, count: int, axes: str) -> Any:
    def body(
        x: Any,
        w: Any,
        /,
        *,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        dilation: Any = 1,
    ) -> Any:
        return _spread(x, w, stride, padding, output_padding, dilation)

    body.__name__ = name
    body.__doc__ = f"""The transpose of the convolution: it spreads where that gathers.

Args:
    x: input of shape (examples, channels, {axes}).
    w: kernels of shape (channels, filters, {axes}).
    stride: steps between the places where kernels are laid.
    padding: entries cut off at the ends; see the convolution.
    output_padding: entries to add behind, which the stride left open.
    dilation: steps within a kernel."""
    sides = ("2", "3") if count == 2 else ("4",)
    kernel = ("2", "3") if count == 2 else ("3",)
    return composite(
        prepare=_as_transposed(count),
        domain=Domain(
            (_REALS, _REALS),
            signature=f"(2,3,{','.join(sides)}),(3,2,{','.join(kernel)})",
            options=({}, {"stride": 2, "padding": 1, "output_padding": 1}),
            valid=lambda x, w: x.ndim == w.ndim == count + 2,
        ),
        glyph="∗ᵀ",
        like=f"torch.nn.functional.{name}",
    )(body)


conv_transpose1d = _transposed("conv_transpose1d", 1, "width")
conv_transpose2d = _transposed("conv_transpose2d", 2, "height, width")

__all__ = declared(globals())
