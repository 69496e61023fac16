"""The catalogue continued: reductions, movement, indexing, linear algebra, state."""

import numpy as np

from graphgrad.testing import Domain, Interval
from tests.testing.catalogue import COLUMN, MATRIX, POSITIVE, REAL, twin

VECTOR = Domain((REAL,), COLUMN)
GRID = Domain((REAL,), MATRIX)


def widened(g, x):
    return np.broadcast_to(np.expand_dims(g, -1), x.shape)


twin(
    "sum",
    lambda x: x.sum(-1),
    lambda g, y, x: (widened(g, x).copy(),),
    VECTOR,
    averaged=lambda g, y, x: (widened(g, x) / max(x.shape[-1], 1),),
    first=lambda g, y, x: (widened(g, x) * (np.arange(x.shape[-1]) == 0),),
    total=lambda g, y, x: (np.full_like(x, g.sum()),),
    reduced=lambda g, y, x: (np.asarray(g).copy(),),
)
twin(
    "mean",
    lambda x: x.mean(-1),
    lambda g, y, x: (widened(g, x) / x.shape[-1],),
    Domain((REAL,), COLUMN, valid=lambda x: x.shape[-1] > 0),
    undivided=lambda g, y, x: (widened(g, x).copy(),),
    by_size=lambda g, y, x: (widened(g, x) / x.size,),
    by_rows=lambda g, y, x: (widened(g, x) / x.shape[0],),
    unbiased=lambda g, y, x: (widened(g, x) / max(x.shape[-1] - 1, 1),),
)
NONEMPTY = Domain((REAL,), COLUMN, valid=lambda x: x.shape[-1] > 0, ties=True)


def _max_vjp(g, y, x):
    chosen = np.argmax(x, -1)
    return (widened(g, x) * (np.arange(x.shape[-1]) == chosen[..., None]),)


twin(
    "max",
    lambda x: x.max(-1),
    _max_vjp,
    NONEMPTY,
    every_tie=lambda g, y, x: (widened(g, x) * (x == y[..., None]),),
    ties_lost=lambda g, y, x: (
        widened(g, x)
        * (x == y[..., None])
        * ((x == y[..., None]).sum(-1, keepdims=True) == 1),
    ),
    smallest=lambda g, y, x: (
        widened(g, x) * (np.arange(x.shape[-1]) == np.argmin(x, -1)[..., None]),
    ),
    global_max=lambda g, y, x: (widened(g, x) * (x == x.max(initial=-np.inf)),),
)


def _softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True, initial=-np.inf))
    return e / e.sum(-1, keepdims=True)


LOGITS = Domain((REAL,), COLUMN, valid=lambda x: x.shape[-1] > 0, analytic=False)
twin(
    "softmax",
    _softmax,
    lambda g, y, x: (y * (g - (g * y).sum(-1, keepdims=True)),),
    LOGITS,
    diagonal=lambda g, y, x: (y * (1 - y) * g,),
    sum_lost=lambda g, y, x: (y * g,),
    other_axis=lambda g, y, x: (y * (g - (g * y).sum(0, keepdims=True)),),
    mean=lambda g, y, x: (y * (g - (g * y).mean(-1, keepdims=True)),),
)
twin(
    "log softmax",
    lambda x: x - np.logaddexp.reduce(x, -1, keepdims=True),
    lambda g, y, x: (g - np.exp(y) * g.sum(-1, keepdims=True),),
    LOGITS,
    sum_lost=lambda g, y, x: (g - np.exp(y) * g,),
    of_softmax=lambda g, y, x: (g - y * g.sum(-1, keepdims=True),),
    total=lambda g, y, x: (g - np.exp(y) * g.sum(),),
)
twin(
    "variance",
    lambda x: x.var(-1),
    lambda g, y, x: (
        widened(g, x) * 2 * (x - x.mean(-1, keepdims=True)) / x.shape[-1],
    ),
    Domain((REAL,), COLUMN, valid=lambda x: x.shape[-1] > 0),
    unbiased=lambda g, y, x: (
        widened(g, x) * 2 * (x - x.mean(-1, keepdims=True)) / max(x.shape[-1] - 1, 1),
    ),
    uncentred=lambda g, y, x: (widened(g, x) * 2 * x / x.shape[-1],),
    global_mean=lambda g, y, x: (widened(g, x) * 2 * (x - x.mean()) / x.shape[-1],),
)


def _normalise(x, eps=1e-5):
    d = x - x.mean(-1, keepdims=True)
    return d / np.sqrt((d * d).mean(-1, keepdims=True) + eps)


def _normalise_vjp(g, x, eps=1e-5, *, mean=True, variance=True):
    d = x - x.mean(-1, keepdims=True)
    s = np.sqrt((d * d).mean(-1, keepdims=True) + eps)
    n = d / s
    g1 = g - g.mean(-1, keepdims=True) * mean
    return (g1 - n * (g * n).mean(-1, keepdims=True) * variance) / s


twin(
    "layer norm",
    _normalise,
    lambda g, y, x: (_normalise_vjp(g, x),),
    Domain((REAL,), COLUMN, valid=lambda x: x.shape[-1] > 1),
    mean_lost=lambda g, y, x: (_normalise_vjp(g, x, mean=False),),
    variance_lost=lambda g, y, x: (_normalise_vjp(g, x, variance=False),),
    epsilon=lambda g, y, x: (_normalise_vjp(g, x, 1e-3),),
    epsilon_lost=lambda g, y, x: (_normalise_vjp(g, x, 0.0),),
)


def _norm_vjp(g, y, x):
    safe = np.where(y == 0, 1, y)
    return (widened(g / safe, x) * x,)


twin(
    "norm",
    lambda x: np.sqrt((x * x).sum(-1)),
    _norm_vjp,
    VECTOR,
    nan_at_zero=lambda g, y, x: (widened(g / y, x) * x,),
    square=lambda g, y, x: (2 * widened(g, x) * x,),
    sign=lambda g, y, x: (-_norm_vjp(g, y, x)[0],),
)


def _prod_vjp(g, y, x):
    ones = np.ones_like(x[..., :1])
    left = np.cumprod(np.concatenate([ones, x[..., :-1]], -1), -1)
    right = np.cumprod(np.concatenate([ones, x[..., :0:-1]], -1), -1)[..., ::-1]
    return (widened(g, x) * left * right,)


twin(
    "product",
    lambda x: x.prod(-1),
    _prod_vjp,
    Domain((REAL,), COLUMN, valid=lambda x: x.shape[-1] > 0),
    by_division=lambda g, y, x: (widened(g * y, x) / x,),
    zeros_skipped=lambda g, y, x: (widened(g * y, x) / np.where(x == 0, 1, x),),
    sum=lambda g, y, x: (widened(g, x) * x.sum(-1, keepdims=True),),
)
twin(
    "cumulative sum",
    lambda x: np.cumsum(x, -1),
    lambda g, y, x: (np.cumsum(g[..., ::-1], -1)[..., ::-1].copy(),),
    VECTOR,
    forward=lambda g, y, x: (np.cumsum(g, -1),),
    unsummed=lambda g, y, x: (g.copy(),),
    exclusive=lambda g, y, x: (np.cumsum(g[..., ::-1], -1)[..., ::-1] - g,),
)
SQUARE = Domain((REAL,), "(n,n)->()")
twin(
    "permute",
    lambda x: np.moveaxis(x, (-1, -2), (-2, -1)) * 2,
    lambda g, y, x: (2 * np.moveaxis(g, (-1, -2), (-2, -1)),),
    SQUARE,
    not_back=lambda g, y, x: (2 * g,),
    half=lambda g, y, x: (np.moveaxis(g, (-1, -2), (-2, -1)) + g,),
)
CUBE = Domain((REAL,), "(2,2,2)->()")
twin(
    "rotate axes",
    lambda x: np.moveaxis(x, -1, -3) * 1.0,
    lambda g, y, x: (np.moveaxis(g, -3, -1) * 1.0,),
    CUBE,
    same_way=lambda g, y, x: (np.moveaxis(g, -1, -3) * 1.0,),
)
twin(
    "flatten",
    lambda x: x.reshape(-1) * 1.0,
    lambda g, y, x: (g.reshape(x.shape),),
    Domain((REAL,), "(n,m)->(k)"),
    fortran=lambda g, y, x: (g.reshape(x.shape, order="F"),),
    by_memory=lambda g, y, x: (
        g.reshape(x.shape, order="A" if x.ndim < 9 else "C")[::1]
        if not x.flags.f_contiguous
        else g.reshape(x.shape, order="F"),
    ),
)
twin(
    "roll",
    lambda x: np.roll(x, 1, -1),
    lambda g, y, x: (np.roll(g, -1, -1),),
    VECTOR,
    same_way=lambda g, y, x: (np.roll(g, 1, -1),),
)
twin(
    "flip",
    lambda x: x[..., ::-1] * 1.0,
    lambda g, y, x: (g[..., ::-1].copy(),),
    VECTOR,
    forgotten=lambda g, y, x: (g.copy(),),
)
twin(
    "differences",
    lambda x: np.diff(x, axis=-1),
    lambda g, y, x: (-np.diff(g, axis=-1, prepend=0, append=0),),
    Domain((REAL,), COLUMN, valid=lambda x: x.shape[-1] > 0),
    sign=lambda g, y, x: (np.diff(g, axis=-1, prepend=0, append=0),),
    end_lost=lambda g, y, x: (
        -np.diff(g, axis=-1, prepend=0, append=0)
        * (np.arange(x.shape[-1]) < max(x.shape[-1] - 1, 1)),
    ),
)


def _gather_vjp(g, y, x, i):
    out = np.zeros_like(x)
    np.add.at(out, i, g)
    return out, None


def _gather_set(g, y, x, i):
    out = np.zeros_like(x)
    out[i] = g
    return out, None


def _gather_plus(g, y, x, i):
    out = np.zeros_like(x)
    out[i] += g
    return out, None


TABLE = Domain(
    (REAL, Interval(-4, 3, "int64")), "(3),(k)->(k)", valid=lambda x, i: x.ndim == 1
)
twin(
    "gather",
    lambda x, i: x[i],
    _gather_vjp,
    TABLE,
    overwrites=_gather_set,
    adds_once=_gather_plus,
    unsigned=lambda g, y, x, i: (_gather_vjp(g, y, x, np.abs(i) % 3)[0], None),
    integer_gradient=lambda g, y, x, i: (_gather_vjp(g, y, x, i)[0], np.ones(i.shape)),
)
twin(
    "where",
    lambda c, a, b: np.where(c, a, b),
    lambda g, y, c, a, b: (None, g * (c != 0), g * (c == 0)),
    Domain(
        (Interval(-1, 2, "int64"), REAL, REAL),
        "(n),(n),(n)->(n)",
        valid=lambda c, a, b: c.shape == a.shape == b.shape,
    ),
    swapped=lambda g, y, c, a, b: (None, g * (c == 0), g * (c != 0)),
    both=lambda g, y, c, a, b: (None, g.copy(), g.copy()),
)
twin(
    "sort",
    lambda x: np.sort(x, -1),
    lambda g, y, x: (
        np.take_along_axis(g, np.argsort(np.argsort(x, -1, kind="stable"), -1), -1),
    ),
    Domain((REAL,), COLUMN, ties=True, analytic=False),
    not_inverted=lambda g, y, x: (
        np.take_along_axis(g, np.argsort(x, -1, kind="stable"), -1),
    ),
    unmoved=lambda g, y, x: (g.copy(),),
    descending=lambda g, y, x: (
        np.take_along_axis(g, np.argsort(np.argsort(-x, -1, kind="stable"), -1), -1),
    ),
)
twin(
    "concatenate",
    lambda a, b: np.concatenate([a, b], -1),
    lambda g, y, a, b: (g[..., : a.shape[-1]].copy(), g[..., a.shape[-1] :].copy()),
    Domain((REAL, REAL), "(n),(m)->(k)", valid=lambda a, b: a.ndim == b.ndim == 1),
    swapped=lambda g, y, a, b: (g[b.shape[-1] :].copy(), g[: b.shape[-1]].copy()),
    halves=lambda g, y, a, b: tuple(np.array_split(g, 2)),
)
twin(
    "pad",
    lambda x: np.pad(x, [(0, 0)] * (x.ndim - 1) + [(1, 2)]),
    lambda g, y, x: (g[..., 1:-2].copy(),),
    VECTOR,
    other_end=lambda g, y, x: (g[..., 2:-1].copy(),),
    unshifted=lambda g, y, x: (g[..., :-3].copy(),),
)


def _pull_matmul(g, a, b):
    return g @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ g


PRODUCT = Domain(
    (REAL, REAL), "(n,k),(k,m)->(n,m)", valid=lambda a, b: a.ndim == b.ndim == 2
)
twin(
    "matmul",
    np.matmul,
    lambda g, y, a, b: _pull_matmul(g, a, b),
    PRODUCT,
    order=lambda g, y, a, b: (
        _pull_matmul(g, a, b)[0],
        (g.T @ a).T * np.sign(1.5) if a.shape[0] != a.shape[1] else a @ g,
    ),
    transposed_if_square=lambda g, y, a, b: (
        g @ b.T if b.shape[0] != b.shape[1] else g @ b,
        a.T @ g,
    ),
    averaged=lambda g, y, a, b: (g @ b.T, a.T @ g / max(len(a), 1)),
    first_row=lambda g, y, a, b: (g @ b.T * (np.arange(len(a)) == 0)[:, None], a.T @ g),
)
INVERTIBLE = Domain(
    (REAL,),
    "(n,n)->(n,n)",
    analytic=False,
    valid=lambda x: x.ndim == 2 and x.size and np.linalg.cond(x) < 1e3,
)
twin(
    "inverse",
    np.linalg.inv,
    lambda g, y, x: (-y.T @ g @ y.T,),
    INVERTIBLE,
    untransposed=lambda g, y, x: (-y @ g @ y,),
    sign=lambda g, y, x: (y.T @ g @ y.T,),
)
twin(
    "determinant",
    np.linalg.det,
    lambda g, y, x: (g * y * np.linalg.inv(x).T,),
    INVERTIBLE,
    untransposed=lambda g, y, x: (g * y * np.linalg.inv(x),),
    of_log=lambda g, y, x: (g * np.linalg.inv(x).T,),
)
twin(
    "quadratic form",
    lambda x, a: x @ a @ x,
    lambda g, y, x, a: (g * (a + a.T) @ x, g * np.outer(x, x)),
    Domain(
        (REAL, REAL), "(n),(n,n)->()", valid=lambda x, a: x.ndim == 1 and a.ndim == 2
    ),
    symmetric=lambda g, y, x, a: (2 * g * a @ x, g * np.outer(x, x)),
    one_term=lambda g, y, x, a: (g * a @ x, g * np.outer(x, x)),
)
twin(
    "trace of square",
    lambda x: np.trace(x @ x),
    lambda g, y, x: (2 * g * x.T,),
    Domain((REAL,), "(n,n)->()", valid=lambda x: x.ndim == 2),
    untransposed=lambda g, y, x: (2 * g * x,),
    diagonal=lambda g, y, x: (2 * g * x * np.eye(len(x)),),
)
twin(
    "convolution",
    lambda x, w: np.convolve(x, w, "full"),
    lambda g, y, x, w: (np.correlate(g, w, "valid"), np.correlate(g, x, "valid")),
    Domain(
        (REAL, REAL),
        "(n),(m)->(k)",
        valid=lambda x, w: x.ndim == w.ndim == 1 and x.size >= w.size > 0,
    ),
    unflipped=lambda g, y, x, w: (
        np.convolve(g, w, "valid"),
        np.correlate(g, x, "valid"),
    ),
    kernel_flipped=lambda g, y, x, w: (
        np.correlate(g, w, "valid"),
        np.correlate(g, x, "valid")[::-1].copy(),
    ),
)
twin(
    "mean squared error",
    lambda p, t: ((p - t) ** 2).mean(),
    lambda g, y, p, t: (2 * g * (p - t) / p.size, 2 * g * (t - p) / p.size),
    Domain(
        (REAL, REAL),
        "(n),(n)->()",
        valid=lambda p, t: p.shape == t.shape and p.size > 0,
    ),
    factor=lambda g, y, p, t: (g * (p - t) / p.size, g * (t - p) / p.size),
    by_batch=lambda g, y, p, t: (2 * g * (p - t), 2 * g * (t - p)),
    target_lost=lambda g, y, p, t: (2 * g * (p - t) / p.size, np.zeros_like(t)),
)


def _entropy(x, k):
    z = x - np.logaddexp.reduce(x, -1, keepdims=True)
    return -np.take_along_axis(z, k[..., None], -1).mean()


def _entropy_vjp(g, x, k, *, divide=True):
    p = np.exp(x - np.logaddexp.reduce(x, -1, keepdims=True))
    hot = np.arange(x.shape[-1]) == k[..., None]
    return g * (p - hot) / (k.size if divide else 1), None


LABELS = Domain(
    (REAL, Interval(-1, 3, "int64")),
    "(b,3),(b)->()",
    analytic=False,
    valid=lambda x, k: x.shape[:-1] == k.shape and k.size > 0,
)
twin(
    "cross entropy",
    _entropy,
    lambda g, y, x, k: _entropy_vjp(g, x, k),
    LABELS,
    undivided=lambda g, y, x, k: _entropy_vjp(g, x, k, divide=False),
    upstream_lost=lambda g, y, x, k: _entropy_vjp(np.ones_like(g), x, k),
    one_label=lambda g, y, x, k: _entropy_vjp(g, x, np.full_like(k, k.flat[0])),
)


class Remembering:
    """Faults that need a memory, made anew for each use."""

    def __init__(self, kind):
        self.kind = kind
        self.calls = 0
        self.buffer = {}

    def __call__(self, g, y, x):
        self.calls += 1
        right = g * np.cos(x)
        if self.kind == "drifts":
            return (right * (1 + 1e-3 * self.calls),)
        if self.kind == "buffer":
            out = self.buffer.setdefault(x.shape, np.zeros_like(x))
            out[...] = right
            return (out,)
        if self.kind == "accumulates":
            total = self.buffer.setdefault(x.shape, np.zeros_like(x))
            total += right
            return (total.copy(),)
        if self.kind == "first input":
            kept = self.buffer.setdefault(x.shape, x.copy())
            return (g * np.cos(kept),)
        return (right,)


twin(
    "sin with memory",
    np.sin,
    Remembering("none"),
    drifts=Remembering("drifts"),
    buffer=Remembering("buffer"),
    accumulates=Remembering("accumulates"),
    first_input=Remembering("first input"),
    raises=lambda g, y, x: (g.reshape(-1, 2).reshape(x.shape) * np.cos(x),),
)
twin(
    "positive log sum exp",
    lambda x: np.logaddexp.reduce(x, -1),
    lambda g, y, x: (widened(g, x) * np.exp(x - y[..., None]),),
    Domain((POSITIVE,), COLUMN, analytic=False, valid=lambda x: x.shape[-1] > 0),
    unnormalised=lambda g, y, x: (
        widened(g, x) * np.exp(x - x.max(-1, keepdims=True)),
    ),
    uniform=lambda g, y, x: (widened(g, x) / x.shape[-1],),
    hard=lambda g, y, x: (widened(g, x) * (x == x.max(-1, keepdims=True)),),
)
