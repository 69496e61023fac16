"""The table of special values in the documentation holds what the libraries give."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.special import SPECIAL, shown

pytestmark = pytest.mark.peer
PAGE = Path(__file__).parents[2] / "docs" / "special-values.md"


def _torch(function, point):
    import torch

    class Namespace:
        norm = staticmethod(torch.linalg.norm)

        def __getattr__(self, name):
            return {
                "logsumexp": lambda x: torch.logsumexp(x, 0),
                "std": lambda x: torch.std(x, correction=0),
            }.get(name) or getattr(torch, name)

    x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
    function(Namespace(), x).backward()
    return np.zeros(np.shape(point)) if x.grad is None else x.grad.numpy()


def _jax(function, point):
    import jax
    import jax.numpy as jnp

    class Namespace:
        norm = staticmethod(jnp.linalg.norm)
        logsumexp = staticmethod(jax.scipy.special.logsumexp)

        def __getattr__(self, name):
            return getattr(jnp, name)

    with jax.enable_x64():
        return np.asarray(jax.grad(lambda x: function(Namespace(), x))(np.array(point)))


def _mygrad(function, point):
    import mygrad as mg

    class Namespace:
        norm = staticmethod(mg.linalg.norm)

        def __getattr__(self, name):
            return getattr(mg, {"atan2": "arctan2"}.get(name, name))

    x = mg.tensor(np.array(point))
    try:
        function(Namespace(), x).backward()
    except AttributeError:
        return None  # it has no such function
    return np.zeros(np.shape(point)) if x.grad is None else x.grad


def rows():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for label, (function, point, gradient) in SPECIAL.items():
            told = [judge(function, point) for judge in (_torch, _jax, _mygrad)]
            cells = [f"`{label}`", shown(point), shown(gradient), *map(shown, told)]
            yield f"| {' | '.join(cells)} |"


def test_the_table_is_what_is_measured():
    page = PAGE.read_text(encoding="utf-8")
    missing = [row for row in rows() if row not in page]
    assert not missing, "\n".join(rows())
