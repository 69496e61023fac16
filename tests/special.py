"""Points at which a slope is infinite, a kink, or 0 · ∞: functions of any namespace.

Each is a function of (xp, x), where xp has what is common to the libraries compared:
the functions of the array API standard, ``logsumexp``, ``norm`` and ``std``.
"""

import numpy as np

INF = np.inf

# label: (function, point, gradient)
SPECIAL = {
    "where(x > 0, √x, 0)": (lambda xp, x: xp.where(x > 0, xp.sqrt(x), 0.0), 0.0, 0.0),
    "where(x > 0, log x, 0)": (lambda xp, x: xp.where(x > 0, xp.log(x), 0.0), 0.0, 0.0),
    "where(x ≠ 0, 1 / x, 0)": (lambda xp, x: xp.where(x != 0, 1 / x, 0.0), 0.0, 0.0),
    "where(x > 0, x log x, 0)": (
        lambda xp, x: xp.where(x > 0, x * xp.log(x), 0.0),
        0.0,
        0.0,
    ),
    "where(x ≠ 0, sin x / x, 1)": (
        lambda xp, x: xp.where(x != 0, xp.sin(x) / x, 1.0),
        0.0,
        0.0,
    ),
    "where(x < 9, exp x, 0)": (lambda xp, x: xp.where(x < 9, xp.exp(x), 0.0), 1e3, 0.0),
    "norm(x)": (lambda xp, x: xp.norm(x), [0.0, 0.0], [0.0, 0.0]),
    "x⁰": (lambda xp, x: x**0.0, 0.0, 0.0),
    "x¹": (lambda xp, x: x**1.0, 0.0, 1.0),
    "0ˣ": (lambda xp, x: xp.zeros_like(x) ** x, 2.0, 0.0),
    "logsumexp(x), all −∞": (lambda xp, x: xp.logsumexp(x), [-INF, -INF], [0.0, 0.0]),
    "logsumexp(x), one −∞": (lambda xp, x: xp.logsumexp(x), [-INF, 1.0], [0.0, 1.0]),
    "logsumexp(x), one ∞": (lambda xp, x: xp.logsumexp(x), [INF, 1.0], [1.0, 0.0]),
    "std(x), equal entries": (lambda xp, x: xp.std(x), [3.0, 3.0], [0.0, 0.0]),
    "max(x), equal entries": (lambda xp, x: xp.max(x), [1.0, 1.0], [0.5, 0.5]),
    "maximum(x, 0)": (lambda xp, x: xp.maximum(x, xp.zeros_like(x)), 0.0, 0.5),
    "abs(x)": (lambda xp, x: xp.abs(x), 0.0, 0.0),
    "prod(x), one 0": (lambda xp, x: xp.prod(x), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
    "atan2(x₀, x₁)": (lambda xp, x: xp.atan2(x[0], x[1]), [0.0, 0.0], [0.0, 0.0]),
    "√x": (lambda xp, x: xp.sqrt(x), 0.0, INF),
    "(√x)²": (lambda xp, x: xp.sqrt(x) ** 2.0, 0.0, 0.0),
}


def shown(value):
    """A gradient as the table has it."""
    if value is None:
        return "—"
    texts = [f"{v:g}".replace("inf", "∞").replace("-", "−") for v in np.ravel(value)]
    return f"[{', '.join(texts)}]" if np.ndim(value) else texts[0]
