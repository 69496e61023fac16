"""Random numbers that depend on a key alone: `gg.random`.

The generator is Philox 4×32-10 (Salmon et al. 2011): the i-th block of four words is a
function of the key and of i, so the same key gives the same bits in every process, on
every backend, in any order. A key is a tensor; nothing is advanced behind the user's
back: to draw again, split the key.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import INTEGER, as_dtype, uint32
from graphgrad.errors import ArgumentError, DTypeError, ShapeError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import PLACEHOLDER, constant
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.arithmetic import floor
from graphgrad.ops.arranging import take
from graphgrad.ops.comparison import less, where
from graphgrad.ops.creation import asarray
from graphgrad.ops.exponential import log, sqrt
from graphgrad.ops.movement import stack
from graphgrad.ops.reduction import argmax
from graphgrad.ops.sorting import argsort
from graphgrad.ops.structure import astype
from graphgrad.ops.trigonometric import cos
from graphgrad.shapes import as_shape, broadcast, show

_WORDS = 4
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85
_LOW = 0xFFFFFFFF
_BITS, _KEYS, _FOLDS = range(3)  # the last word of the counter tells uses apart

_KEY = Interval(0, 99, "uint32")
_PAIR = Domain(
    (_KEY,), signature="(2)", options=({"shape": (3, 2)},), valid=lambda k: k.ndim == 1
)


def _rounds(c: Any, k: Any) -> Any:
    """Four words of four words of a counter and two of a key; all are uint64."""
    for _ in range(10):
        products = [c[2 * i] * m for i, m in enumerate(_MULTIPLIERS)]
        high, rest = [p >> 32 for p in products], [p & _LOW for p in products]
        c = [high[1] ^ c[1] ^ k[0], rest[1], high[0] ^ c[3] ^ k[1], rest[0]]
        k = [(x + w) & _LOW for x, w in zip(k, _WEYL, strict=True)]
    return c


def _philox(xp: Any, key: Any, counter: Any) -> Any:
    """Four words for every counter; both have their words along the last axis."""
    c = [xp.astype(counter[..., i], xp.uint64) for i in range(_WORDS)]
    k = [xp.astype(xp.asarray(key[..., i]), xp.uint64) for i in range(2)]
    words = xp.broadcast_arrays(*_rounds(c, k))
    return xp.astype(xp.stack(words, axis=-1), xp.uint32)


def _require_key(key: Any) -> None:
    shape, dtype = np.shape(key), getattr(key, "dtype", type(key).__name__)
    if dtype != uint32 or not shape or shape[-1] != 2:
        raise DTypeError(
            f"a key is two words of uint32, not {show(shape)} {dtype}",
            remedy="make one with gg.random.key(seed)",
        )


def _drawn(key: Any, shape: Any) -> Any:
    _require_key(key)
    return (*key.shape[:-1], *shape), uint32


def _as_bits(key: Any, /, shape: Any = ()) -> Any:
    _require_key(key)
    return (key,), {"shape": as_shape(shape)}


@primitive(
    name="random_bits", infer=_drawn, prepare=_as_bits, domain=_PAIR, batch="core"
)
def bits(xp: Any, key: Any, /, shape: Any = ()) -> Any:
    """Random words of uint32, all of their bits independent.

    Those of a shorter vector are the first of a longer one.
    """
    count = prod(shape)
    blocks = xp.arange(-(-count // _WORDS), dtype=xp.uint64)
    half = xp.asarray(32, dtype=xp.uint64)
    zeros = xp.zeros_like(blocks)
    counter = xp.stack([blocks, blocks >> half, zeros, zeros], axis=-1)
    words = _philox(xp, key[..., None, :], counter)
    flat = xp.reshape(words, (*key.shape[:-1], -1))[..., :count]
    return xp.reshape(flat, (*key.shape[:-1], *shape))[()]


def _blocks(key: Any, counter: Any) -> Any:
    _require_key(key)
    if counter.dtype != uint32 or counter.shape[-1:] != (_WORDS,):
        raise DTypeError("a counter is four words of uint32")
    return (*broadcast(key.shape[:-1], counter.shape[:-1]), _WORDS), uint32


@primitive(
    name="philox",
    infer=_blocks,
    domain=Domain(
        (_KEY, _KEY), signature="(2),(4)->(4)", valid=lambda k, c: c.ndim == 1
    ),
    batch="core",
)
def _block(xp: Any, key: Any, counter: Any, /) -> Any:
    """One block of Philox 4×32-10: four words of a key and a counter of four words."""
    return _philox(xp, key, counter)


def _word_of(*inputs: Any) -> Any:
    if any(x.dtype != uint32 for x in inputs):
        raise DTypeError("words are uint32")
    return broadcast(*(x.shape for x in inputs)), uint32


@primitive(
    name="random_word",
    infer=_word_of,
    domain=Domain((Interval(0, 3, "uint32"), *(_KEY,) * 6)),
    batch="elementwise",
)
def _word(
    xp: Any,
    lane: Any,
    c0: Any,
    c1: Any,
    c2: Any,
    c3: Any,
    k0: Any,
    k1: Any,
    /,
) -> Any:
    """One of the four words of a block, entry by entry: for loops over many."""
    words = [xp.astype(xp.asarray(w), xp.uint64) for w in (c0, c1, c2, c3, k0, k1)]
    made = _rounds(words[:_WORDS], words[_WORDS:])
    chosen = made[3]
    for i in range(3):
        chosen = xp.where(lane == i, made[i], chosen)
    return xp.astype(chosen, xp.uint32)


def word_by_word(key: Any, shape: tuple[int, ...]) -> Any:
    """`random_bits` for one key, each entry computed by itself."""
    places = np.arange(prod(shape), dtype=np.uint64).reshape(shape)
    block = places // _WORDS
    lane, low = (places % _WORDS).astype(np.uint32), block.astype(np.uint32)
    high = (block >> np.uint64(32)).astype(np.uint32)
    high = high if high.any() else np.uint32(0)
    return _word(lane, low, high, np.uint32(0), np.uint32(_BITS), key[0], key[1])


def block_word_by_word(key: Any, counter: Any) -> Any:
    """`philox` for one key and one counter, each word computed by itself."""
    lane = np.arange(_WORDS, dtype=np.uint32)
    return _word(lane, *(counter[i] for i in range(_WORDS)), key[0], key[1])


def key(seed: int | None = None) -> Tensor:
    """A key, from which random numbers follow.

    Args:
        seed: a whole number from 0 to 2⁶⁴ − 1. Without one the key is a placeholder,
            which ``gg.run(..., seed=...)`` gives a value.

    Raises:
        ArgumentError: for other seeds.

    Example:
        >>> import graphgrad as gg
        >>> gg.random.uniform(gg.random.key(7), (2,)).value.round(3)
        array([0.955, 0.114])
    """
    if seed is None:
        return Tensor(PLACEHOLDER, (), {"random": True}, (2,), uint32, "key")
    if (
        isinstance(seed, bool)
        or not hasattr(seed, "__index__")
        or not (0 <= seed.__index__() < 2**64)
    ):
        raise ArgumentError(
            f"{seed!r} is not a seed",
            remedy="a seed is a whole number from 0 to 2⁶⁴ − 1",
        )
    return constant(words_of(seed.__index__()))


def words_of(seed: int) -> np.ndarray:
    """The two words of a number below 2⁶⁴, the low one first."""
    return np.array([seed & _LOW, seed >> 32], np.uint32)


def split(key: Any, num: int = 2) -> Tensor:
    """New keys, independent of each other and of what the old one gives.

    Args:
        key: a key.
        num: how many.

    Returns:
        A tensor of shape (num, 2), a key in each row.

    Example:
        >>> import graphgrad as gg
        >>> first, second = gg.random.split(gg.random.key(0))
    """
    counter = np.zeros((num, _WORDS), np.uint32)
    counter[:, 0], counter[:, 3] = np.arange(num), _KEYS
    return _block(asarray(key), counter)[:, :2]


def fold_in(key: Any, data: Any) -> Tensor:
    """A new key of a key and a number, such as that of a step or of a layer.

    Args:
        key: a key.
        data: a whole number of at least 0, or a tensor of one.
    """
    number = astype(asarray(data), "uint64")
    low, high = astype(number & _LOW, "uint32"), astype(number >> 32, "uint32")
    zero, use = np.uint32(0), np.uint32(_FOLDS)
    return _block(asarray(key), stack([low, high, zero, use]))[:2]


def _as_drawing(key: Any, /, shape: Any = (), *, dtype: Any = "float64") -> Any:
    _require_key(key)
    chosen = as_dtype(dtype)
    if chosen.kind != "f" or chosen.itemsize < 4:
        raise DTypeError(
            f"random numbers of dtype {chosen}", remedy='take "float32" or "float64"'
        )
    return (key,), {"shape": as_shape(shape), "dtype": chosen.name}


_DRAWS = Domain(
    (_KEY,),
    signature="(2)",
    options=({"shape": (3, 2)}, {"shape": (4,), "dtype": "float32"}),
    valid=lambda k: k.ndim == 1,
)


@composite(prepare=_as_drawing, domain=_DRAWS)
def unit(key: Any, /, shape: Any = (), *, dtype: Any = "float64") -> Any:
    """Numbers from 0 to 1, 1 excluded, at equal distances: of 53 bits, or of 24."""
    if dtype == "float32":
        return astype(bits(key, shape) >> 8, dtype) * np.float32(2.0**-24)
    words = bits(key, (*shape, 2))
    high, low = astype(words[..., 0] >> 5, dtype), astype(words[..., 1] >> 6, dtype)
    return (high * 2.0**26 + low) * 2.0**-53


def _as_uniform(
    key: Any,
    /,
    shape: Any = (),
    *,
    low: Any = 0.0,
    high: Any = 1.0,
    dtype: Any = "float64",
) -> Any:
    inputs, attrs = _as_drawing(key, shape, dtype=dtype)
    ends = [_as_end(end, attrs["dtype"]) for end in (low, high)]
    return (*inputs, *ends), attrs


def _as_end(end: Any, dtype: str) -> Any:
    return end if isinstance(end, Tensor) else np.asarray(end, dtype)


@composite(
    prepare=_as_uniform,
    domain=Domain((_KEY,), signature="(2)", options=_DRAWS.options, valid=_DRAWS.valid),
)
def uniform(
    key: Any, low: Any, high: Any, /, shape: Any = (), *, dtype: Any = "float64"
) -> Any:
    """Numbers spread evenly from low to high, high excluded.

    ``uniform(key, shape, low=0.0, high=1.0, dtype="float64")``; low and high broadcast
    against the shape, and gradients flow to them.
    """
    made = low + (high - low) * unit(key, shape, dtype=dtype)
    return where(less(made, high), made, low)  # rounding could reach high


@composite(prepare=_as_drawing, domain=_DRAWS)
def normal(key: Any, /, shape: Any = (), *, dtype: Any = "float64") -> Any:
    """Numbers of the standard normal distribution (Box and Muller 1958).

    Scale and shift them for others: ``mean + deviation * normal(key, shape)``.
    """
    pairs = unit(key, (*shape, 2), dtype=dtype)
    radius = sqrt(-2 * log(1 - pairs[..., 0]))
    return radius * cos(2 * np.pi * pairs[..., 1])


def _as_bernoulli(key: Any, /, p: Any = 0.5, shape: Any = None) -> Any:
    chance = _as_end(p, "float64")
    return (key, chance), {"shape": chance.shape if shape is None else as_shape(shape)}


@composite(
    prepare=_as_bernoulli,
    domain=Domain((_KEY,), signature="(2)", options=_PAIR.options, valid=_PAIR.valid),
)
def bernoulli(key: Any, p: Any, /, shape: Any = ()) -> Any:
    """Booleans that are true with probability p, by default 0.5."""
    return less(unit(key, shape), p)


def _as_integers(key: Any, /, shape: Any = (), *, low: int = 0, high: int) -> Any:
    if not low < high:
        raise ArgumentError(f"there is no whole number from {low} up to {high}")
    return (key,), {"shape": as_shape(shape), "low": int(low), "high": int(high)}


@composite(
    name="random_integers",
    prepare=_as_integers,
    domain=Domain(
        (_KEY,),
        signature="(2)",
        options=({"shape": (4,), "high": 6},),
        valid=_PAIR.valid,
    ),
)
def integers(key: Any, /, shape: Any = (), *, low: int = 0, high: int) -> Any:
    """Whole numbers from low up to high, high excluded.

    No number is likelier than another by more than (high − low) / 2⁵³.
    """
    return low + astype(floor(unit(key, shape) * (high - low)), INTEGER)


@composite(
    vjp=(None, None),
    domain=Domain(
        (_KEY, Interval(-3, 3)),
        signature="(2),(4)->()",
        valid=lambda k, x: k.ndim == 1 == x.ndim,
    ),
)
def categorical(key: Any, logits: Any, /) -> Any:
    """Class numbers, with probabilities softmax(logits) along the last axis."""
    drawn = unit(key, logits.shape)
    gumbel = -log(-log(where(less(0, drawn), drawn, 0.5)))
    return argmax(logits + gumbel, -1)


def permutation(key: Any, x: Any) -> Tensor:
    """Numbers from 0 up to x in random order, or the rows of x.

    Args:
        key: a key.
        x: a whole number, or a tensor whose first axis is shuffled.

    Raises:
        ShapeError: if that axis is symbolic.
    """
    count = x if hasattr(x, "__index__") and not isinstance(x, Tensor) else x.shape[0]
    if not isinstance(count, int):
        raise ShapeError("a permutation needs a number of rows that is known")
    order = argsort(unit(asarray(key), (count,)))
    return order if count is x else take(x, order, axis=0)


__all__ = [
    "bernoulli",
    "bits",
    "categorical",
    "fold_in",
    "integers",
    "key",
    "normal",
    "permutation",
    "split",
    "uniform",
    "unit",
]
