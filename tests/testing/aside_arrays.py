"""The second catalogue continued: reductions, movement, matrices, layers, memory."""

import numpy as np
from scipy import linalg, special

from graphgrad.testing import Domain, Interval
from tests.testing.aside import ABOVE, REAL, aside, real

VECTOR = "(n)->()"
GRID = "(n,m)->()"
SINGLE = Interval(-8, 8, "float32")


def flat(x):
    return x.ndim == 1 and x.size > 0


def grid(x):
    return x.ndim == 2 and x.size > 0


def square(x):
    return x.ndim == 2 and x.size > 0 and np.linalg.cond(x) < 1e4


def last(g):
    return np.expand_dims(g, -1)


# Reductions and scans
aside(
    "root mean square",
    lambda x: np.sqrt((x * x).mean(-1)),
    lambda g, y, x: (last(g / y) * x / x.shape[-1],),
    Domain((REAL,), VECTOR, valid=lambda x: x.shape[-1] > 0 and x.any(-1).all()),
    no_count=lambda g, y, x: (last(g / y) * x,),
    all_entries=lambda g, y, x: (last(g / y) * x / x.size,),
    unrooted=lambda g, y, x: (2 * last(g) * x / x.shape[-1],),
)
aside(
    "standard deviation",
    lambda x: x.std(-1, ddof=1),
    lambda g, y, x: (
        last(g / y) * (x - x.mean(-1, keepdims=True)) / (x.shape[-1] - 1),
    ),
    Domain((REAL,), VECTOR, valid=lambda x: x.shape[-1] > 1 and np.ptp(x, -1).all()),
    biased=lambda g, y, x: (
        last(g / y) * (x - x.mean(-1, keepdims=True)) / x.shape[-1],
    ),
    uncentred=lambda g, y, x: (last(g / y) * x / (x.shape[-1] - 1),),
)
aside(
    "cumulative product",
    lambda x: np.cumprod(x, -1),
    lambda g, y, x: (np.cumsum((g * y)[..., ::-1], -1)[..., ::-1] / x,),
    Domain((Interval(0.2, 3),), "(n)->(n)"),
    forward_sum=lambda g, y, x: (np.cumsum(g * y, -1) / x,),
    pointwise=lambda g, y, x: (g * y / x,),
    first_axis=lambda g, y, x: (np.cumsum((g * y)[::-1], 0)[::-1] / x,),
)
aside(
    "running maximum",
    lambda x: np.maximum.accumulate(x),
    lambda g, y, x: (
        np.bincount(
            np.maximum.accumulate(
                np.where(
                    np.r_[True, x[1:] > y[:-1]],
                    np.arange(x.size),
                    0,
                )
            ),
            g,
            x.size,
        ),
    ),
    real(signature="(n)->(n)", valid=flat, ties=True),
    own_only=lambda g, y, x: (g * (x == y),),
    all_ties=lambda g, y, x: (((x[:, None] == y) * g).sum(1),),
)
aside(
    "median of five",
    lambda x: np.median(x, -1),
    lambda g, y, x: (
        last(g) * (np.argsort(np.argsort(x, -1, kind="stable"), -1) == 2) * 1.0,
    ),
    real(signature="(5)->()", ties=True),
    mean=lambda g, y, x: (last(g) * np.ones_like(x) / 5,),
    unsorted=lambda g, y, x: (last(g) * (np.arange(5) == 2) * np.ones_like(x),),
    every_tie=lambda g, y, x: (last(g) * (x == last(y)),),
)
aside(
    "trapezoid",
    lambda y_, x: np.trapezoid(y_, x),
    lambda g, out, y_, x: (
        g * (np.r_[np.diff(x), 0] + np.r_[0, np.diff(x)]) / 2,
        g * (np.r_[0, (y_[1:] + y_[:-1]) / 2] - np.r_[(y_[1:] + y_[:-1]) / 2, 0]),
    ),
    Domain((REAL, REAL), "(n),(n)->()", valid=lambda y, x: flat(y) and flat(x)),
    even_steps=lambda g, out, y_, x: (
        g * np.full(y_.shape, (x[-1] - x[0]) / max(1, x.size - 1)),
        g * (np.r_[0, (y_[1:] + y_[:-1]) / 2] - np.r_[(y_[1:] + y_[:-1]) / 2, 0]),
    ),
    grid_frozen=lambda g, out, y_, x: (
        g * (np.r_[np.diff(x), 0] + np.r_[0, np.diff(x)]) / 2,
        np.zeros_like(x),
    ),
)
aside(
    "polynomial",
    lambda c, x: c[0] + c[1] * x + c[2] * x * x + c[3] * x**3,
    lambda g, y, c, x: (
        np.array([(g * x**k).sum() for k in range(4)]),
        g * (c[1] + 2 * c[2] * x + 3 * c[3] * x * x),
    ),
    Domain((REAL, REAL), "(4),(n)->(n)", valid=lambda c, x: c.ndim == x.ndim == 1),
    powers_off=lambda g, y, c, x: (
        np.array([(g * x ** (k + 1)).sum() for k in range(4)]),
        g * (c[1] + 2 * c[2] * x + 3 * c[3] * x * x),
    ),
    last_power=lambda g, y, c, x: (
        np.array([(g * x**k).sum() for k in range(4)]),
        g * (c[1] + 2 * c[2] * x + 2 * c[3] * x * x),
    ),
    constant_lost=lambda g, y, c, x: (
        np.array([0.0, *((g * x**k).sum() for k in range(1, 4))]),
        g * (c[1] + 2 * c[2] * x + 3 * c[3] * x * x),
    ),
)

# Movement and indexing
aside(
    "stack",
    lambda a, b: np.stack([a, b], -1),
    lambda g, y, a, b: (g[..., 0].copy(), g[..., 1].copy()),
    Domain((REAL, REAL), "(n),(n)->(n,2)", valid=lambda a, b: a.shape == b.shape),
    swapped=lambda g, y, a, b: (g[..., 1].copy(), g[..., 0].copy()),
    halves=lambda g, y, a, b: tuple(g.reshape(2, *a.shape).copy()),
)
aside(
    "tile",
    lambda x: np.tile(x, 2),
    lambda g, y, x: (g.reshape(*x.shape[:-1], 2, x.shape[-1]).sum(-2),),
    Domain((REAL,), "(n)->(m)"),
    repeat=lambda g, y, x: (g.reshape(*x.shape, 2).sum(-1),),
    one_copy=lambda g, y, x: (g[..., : x.shape[-1]].copy(),),
    averaged=lambda g, y, x: (g.reshape(*x.shape[:-1], 2, x.shape[-1]).mean(-2),),
)
aside(
    "triangle",
    np.tril,
    lambda g, y, x: (np.tril(g),),
    Domain((REAL,), "(n,m)->(n,m)", valid=grid),
    upper=lambda g, y, x: (np.triu(g),),
    strict=lambda g, y, x: (np.tril(g, -1),),
    whole=lambda g, y, x: (g.copy(),),
)
aside(
    "diagonal",
    np.diagonal,
    lambda g, y, x: (np.eye(*x.shape) * np.resize(g, (x.shape[1],)),),
    Domain((REAL,), "(n,m)->(k)", valid=lambda x: grid(x) and x.shape[1] <= x.shape[0]),
    spread=lambda g, y, x: (np.ones(x.shape) * np.resize(g, (x.shape[1],)),),
    reversed=lambda g, y, x: (np.eye(*x.shape) * np.resize(g[::-1], (x.shape[1],)),),
)
ROWS = Interval(-4, 4, "int64")
aside(
    "rows of a table",
    lambda w, i: w[i],
    lambda g, y, w, i: (_scattered(w, i, g), None),
    Domain((REAL, ROWS), "(4,m),(n)->(n,m)", valid=lambda w, i: grid(w) and flat(i)),
    repeats_lost=lambda g, y, w, i: (_assigned(w, i, g), None),
    negative_lost=lambda g, y, w, i: (_scattered(w, i[i >= 0], g[i >= 0]), None),
    moved=lambda g, y, w, i: (_scattered(w, (i + 1) % 4, g), None),
)


def _scattered(w, i, g):
    out = np.zeros_like(w)
    np.add.at(out, i, g)
    return out


def _assigned(w, i, g):
    out = np.zeros_like(w)
    out[i] = g
    return out


aside(
    "selected entries",
    lambda x: x[..., ::2],
    lambda g, y, x: (_strided(g, x, 0),),
    Domain((REAL,), "(n)->(m)"),
    odd_ones=lambda g, y, x: (_strided(g[..., : x.shape[-1] // 2], x, 1),),
    everywhere=lambda g, y, x: (np.repeat(g, 2, -1)[..., : x.shape[-1]],),
)


def _strided(g, x, start):
    out = np.zeros_like(x)
    out[..., start::2] = g
    return out


aside(
    "reflected border",
    lambda x: np.pad(x, 1, "reflect"),
    lambda g, y, x: (
        g[1:-1]
        + g[0] * (np.arange(x.size) == 1)
        + g[-1] * (np.arange(x.size) == x.size - 2),
    ),
    Domain((REAL,), "(n)->(m)", valid=lambda x: x.ndim == 1 and x.size > 1),
    border_lost=lambda g, y, x: (g[1:-1].copy(),),
    edge=lambda g, y, x: (
        g[1:-1]
        + g[0] * (np.arange(x.size) == 0)
        + g[-1] * (np.arange(x.size) == x.size - 1),
    ),
)

# Matrices
aside(
    "outer product",
    lambda a, b: np.outer(a, b),
    lambda g, y, a, b: (g @ b, a @ g),
    Domain((REAL, REAL), "(n),(m)->(n,m)", valid=lambda a, b: a.ndim == b.ndim == 1),
    swapped_if_square=lambda g, y, a, b: (
        (g @ b, a @ g) if a.size != b.size else (b @ g, g @ a)
    ),
    scaled=lambda g, y, a, b: (g @ b, a @ g / max(1, a.size)),
)
aside(
    "batched product",
    lambda a, b: np.einsum("bij,jk->bik", a, b),
    lambda g, y, a, b: (
        np.einsum("bik,jk->bij", g, b),
        np.einsum("bij,bik->jk", a, g),
    ),
    Domain(
        (REAL, REAL),
        "(b,i,j),(j,k)->(b,i,k)",
        valid=lambda a, b: a.ndim == 3 and b.ndim == 2,
    ),
    first_of_batch=lambda g, y, a, b: (
        np.einsum("bik,jk->bij", g, b),
        np.einsum("bij,bik->jk", a[:1], g[:1]),
    ),
    batch_mean=lambda g, y, a, b: (
        np.einsum("bik,jk->bij", g, b),
        np.einsum("bij,bik->jk", a, g) / max(1, len(a)),
    ),
    transposed_if_square=lambda g, y, a, b: (
        np.einsum("bik,jk->bij", g, b if b.shape[0] != b.shape[1] else b.T),
        np.einsum("bij,bik->jk", a, g),
    ),
)
aside(
    "solution",
    np.linalg.solve,
    lambda g, y, a, b: _pull_solve(a, g, y, a.T),
    real(
        REAL,
        REAL,
        signature="(n,n),(n)->(n)",
        valid=lambda a, b: square(a) and b.ndim == 1,
    ),
    untransposed=lambda g, y, a, b: _pull_solve(a, g, y, a),
    sign=lambda g, y, a, b: (
        -_pull_solve(a, g, y, a.T)[0],
        _pull_solve(a, g, y, a.T)[1],
    ),
    outer_swapped=lambda g, y, a, b: (
        _pull_solve(a, g, y, a.T)[0].T.copy(),
        _pull_solve(a, g, y, a.T)[1],
    ),
)


def _pull_solve(a, g, y, system):
    back = np.linalg.solve(system, g)
    return -np.outer(back, y), back


aside(
    "log determinant",
    lambda a: np.linalg.slogdet(a)[1],
    lambda g, y, a: (g * np.linalg.inv(a).T,),
    real(signature="(n,n)->()", valid=square),
    untransposed=lambda g, y, a: (g * np.linalg.inv(a),),
    exponential=lambda g, y, a: (g * np.exp(y) * np.linalg.inv(a).T,),
)
aside(
    "matrix exponential",
    linalg.expm,
    lambda g, y, a: (linalg.expm_frechet(a.T, g, compute_expm=False),),
    real(Interval(-2, 2), signature="(n,n)->(n,n)", valid=grid),
    commuting=lambda g, y, a: (y.T @ g,),
    untransposed=lambda g, y, a: (linalg.expm_frechet(a, g, compute_expm=False),),
)
aside(
    "frobenius norm",
    lambda a: np.sqrt((a * a).sum()),
    lambda g, y, a: (g * a / y,),
    Domain((REAL,), GRID, valid=lambda a: grid(a) and a.any()),
    squared=lambda g, y, a: (2 * g * a,),
    direction_only=lambda g, y, a: (g * np.sign(a) / y,),
)

# Layers and losses
aside(
    "cosine similarity",
    lambda a, b: (a @ b) / np.sqrt((a @ a) * (b @ b)),
    lambda g, y, a, b: (
        g * (b / np.sqrt((a @ a) * (b @ b)) - y * a / (a @ a)),
        g * (a / np.sqrt((a @ a) * (b @ b)) - y * b / (b @ b)),
    ),
    Domain(
        (REAL, REAL),
        "(n),(n)->()",
        valid=lambda a, b: flat(a) and flat(b) and a.any() and b.any(),
    ),
    norms_frozen=lambda g, y, a, b: (
        g * b / np.sqrt((a @ a) * (b @ b)),
        g * a / np.sqrt((a @ a) * (b @ b)),
    ),
    wrong_norm=lambda g, y, a, b: (
        g * (b / np.sqrt((a @ a) * (b @ b)) - y * a / (b @ b)),
        g * (a / np.sqrt((a @ a) * (b @ b)) - y * b / (a @ a)),
    ),
)


def _normed(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def _batch_norm(x, gamma, beta):
    return gamma * _normed(x) + beta


def _pull_batch_norm(g, x, gamma, *, centre=True, spread=True):
    z = _normed(x)
    d = g * gamma
    d = d - (d.mean(0) if centre else 0) - (z * (d * z).mean(0) if spread else 0)
    return d / np.sqrt(x.var(0) + 1e-5), (g * z).sum(0), g.sum(0)


aside(
    "batch norm",
    _batch_norm,
    lambda g, y, x, gamma, beta: _pull_batch_norm(g, x, gamma),
    Domain(
        (REAL, REAL, REAL),
        "(b,c),(c),(c)->(b,c)",
        valid=lambda x, c, d: grid(x) and c.ndim == d.ndim == 1,
    ),
    mean_frozen=lambda g, y, x, gamma, beta: _pull_batch_norm(
        g, x, gamma, centre=False
    ),
    spread_frozen=lambda g, y, x, gamma, beta: _pull_batch_norm(
        g, x, gamma, spread=False
    ),
    gamma_from_x=lambda g, y, x, gamma, beta: (
        _pull_batch_norm(g, x, gamma)[0],
        (g * x).sum(0),
        g.sum(0),
    ),
    beta_mean=lambda g, y, x, gamma, beta: (
        *_pull_batch_norm(g, x, gamma)[:2],
        g.mean(0),
    ),
)


def _pooled(x):
    return x.reshape(x.shape[0] // 2, 2, -1, 2).max((1, 3))


def _windows(x):
    n, m = x.shape[0] // 2, x.shape[1] // 2
    return x.reshape(n, 2, m, 2).swapaxes(1, 2).reshape(n, m, 4)


def _unpooled(g, x, mask):
    n, m = g.shape
    return (g[..., None] * mask).reshape(n, m, 2, 2).swapaxes(1, 2).reshape(x.shape)


aside(
    "max pool",
    _pooled,
    lambda g, y, x: (
        _unpooled(g, x, np.arange(4) == _windows(x).argmax(-1)[..., None]),
    ),
    real(signature="(4,2)->(2,1)", ties=True, valid=lambda x: x.ndim == 2),
    every_tie=lambda g, y, x: (_unpooled(g, x, _windows(x) == y[..., None]),),
    average=lambda g, y, x: (_unpooled(g, x, np.full(4, 0.25)),),
    first=lambda g, y, x: (_unpooled(g, x, np.arange(4) == 0),),
    global_max=lambda g, y, x: (_unpooled(g, x, _windows(x) == x.max()),),
)


def _attention(q, k, v):
    return special.softmax(q @ k.T, -1) @ v


def _pull_attention(g, q, k, v, *, centred=True):
    p = special.softmax(q @ k.T, -1)
    d = g @ v.T
    d = p * (d - (p * d).sum(-1, keepdims=True) * centred)
    return d @ k, d.T @ q, p.T @ g


aside(
    "attention",
    _attention,
    lambda g, y, q, k, v: _pull_attention(g, q, k, v),
    real(
        Interval(-2, 2),
        signature="(n,d),(m,d),(m,e)->(n,e)",
        valid=lambda q, k, v: q.ndim == k.ndim == v.ndim == 2 and len(k),
    ),
    uncentred=lambda g, y, q, k, v: _pull_attention(g, q, k, v, centred=False),
    values_only=lambda g, y, q, k, v: (
        np.zeros_like(q),
        np.zeros_like(k),
        _pull_attention(g, q, k, v)[2],
    ),
    keys_as_queries=lambda g, y, q, k, v: (
        _pull_attention(g, q, k, v)[0],
        _pull_attention(g, q, k, v)[0]
        if q.shape == k.shape
        else _pull_attention(g, q, k, v)[1],
        _pull_attention(g, q, k, v)[2],
    ),
)


def _recurrent(x, w):
    h = np.zeros_like(x[0])
    for step in x:
        h = np.tanh(w * h + step)
    return h


def _pull_recurrent(g, x, w, *, through=True, every=True):
    states = [np.zeros_like(x[0])]
    for step in x:
        states.append(np.tanh(w * states[-1] + step))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for t in range(len(x) - 1, -1, -1):
        g = g * (1 - states[t + 1] ** 2)
        dx[t] = g
        dw = dw + g * states[t] if every else g * states[t]
        g = g * w if through else g * 0
    return dx, dw


aside(
    "recurrence",
    _recurrent,
    lambda g, y, x, w: _pull_recurrent(g, x, w),
    Domain(
        (Interval(-2, 2), Interval(-1, 1)),
        "(t,n),(n)->(n)",
        valid=lambda x, w: grid(x) and w.ndim == 1,
    ),
    truncated=lambda g, y, x, w: _pull_recurrent(g, x, w, through=False),
    last_step_only=lambda g, y, x, w: _pull_recurrent(g, x, w, every=False),
)
aside(
    "hinge of margins",
    lambda s: np.maximum(0, 1 + s[..., 1:] - s[..., :1]).sum(-1),
    lambda g, y, s: (_pull_hinge(g, s),),
    real(signature="(3)->()"),
    truth_once=lambda g, y, s: (_pull_hinge(g, s, once=True),),
    truth_lost=lambda g, y, s: (_pull_hinge(g, s) * (np.arange(3) > 0),),
)


def _pull_hinge(g, s, *, once=False):
    active = (1 + s[..., 1:] - s[..., :1] > 0) * 1.0
    truth = active.sum(-1, keepdims=True)
    return last(g) * np.concatenate(
        [-np.minimum(truth, 1) if once else -truth, active], -1
    )


# Single precision
aside(
    "swish in single precision",
    lambda x: x * special.expit(x),
    lambda g, y, x: (g * (special.expit(x) + y * special.expit(-x)),),
    real(SINGLE),
    double=lambda g, y, x: (
        (g * (special.expit(x) + y * special.expit(-x))).astype(np.float64),
    ),
    gate=lambda g, y, x: (g * special.expit(x),),
)
aside(
    "sum of squares in single precision",
    lambda x: (x * x).sum(-1),
    lambda g, y, x: (2 * last(g) * x,),
    Domain((SINGLE,), VECTOR),
    factor=lambda g, y, x: (last(g) * x,),
    of_integers=lambda g, y, x: (2 * last(g) * np.round(x),),
)
aside(
    "root beside nothing",
    lambda x: np.where(x > 0, np.sqrt(np.maximum(x, 1e-300)), 0.0),
    lambda g, y, x: (g * np.where(x > 0, 0.5 / np.sqrt(np.maximum(x, 1e-300)), 0.0),),
    real(Interval(-8, 8)),
    nan_below=lambda g, y, x: (g * np.where(x > 0, 1, 0) * 0.5 / np.sqrt(x),),
    passes_below=lambda g, y, x: (
        g * np.where(x > 0, 0.5 / np.sqrt(np.maximum(x, 1e-300)), 1.0),
    ),
)
aside(
    "entropy of shares",
    lambda x: -special.xlogy(x, x).sum(-1) / x.sum(-1) + np.log(x.sum(-1)),
    lambda g, y, x: (
        -last(g) * (np.log(x / last(x.sum(-1))) + last(y)) / last(x.sum(-1)),
    ),
    Domain((ABOVE,), VECTOR, valid=lambda x: x.shape[-1] > 0, analytic=False),
    total_frozen=lambda g, y, x: (
        -last(g) * (np.log(x / last(x.sum(-1))) + 1) / last(x.sum(-1)),
    ),
    unnormalised=lambda g, y, x: (-last(g) * (np.log(x / last(x.sum(-1))) + last(y)),),
)
