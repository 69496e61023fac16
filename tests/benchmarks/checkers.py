"""Gradient checkers side by side: wrong gradients caught, false alarms, seconds.

Each row is one checker on the two catalogues of tests/testing: the first, with which
graphgrad's checker was made, and the second, written when it was done (docs/testing.md
has the score of the first contact). A wrong gradient is caught at an input if it is
refused there and its right twin is not. Inputs of more than 100 entries are left out,
as most peers fill a whole Jacobian.

    .venv/bin/python tests/benchmarks/checkers.py            one typical sample
    .venv/bin/python tests/benchmarks/checkers.py --drawn    40 drawn inputs each
"""

from rounds import optional  # isort: skip  it sets the BLAS threads
import logging
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))

from tests.testing import aside_arrays, catalogue_arrays  # noqa: F401 - they fill these
from tests.testing.aside import ASIDE
from tests.testing.aside_hard import ASIDE_HARD
from tests.testing.catalogue import TWINS
from tests.testing.hard_cases import HARD
from tests.testing.scores import drawn_inputs, judged, score, typical_inputs

LARGEST = 100
CATALOGUES = {"first": (TWINS, HARD), "second": (ASIDE, ASIDE_HARD)}


def floating(arrays):
    return [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]


def book(fn, vjp, arrays):
    """Central differences with one step, the sum of the output as the loss."""
    arrays = [x.astype(float) if x.dtype.kind == "f" else x for x in arrays]
    y = np.asarray(fn(*arrays))
    claimed = vjp(np.ones_like(y), y, *arrays)
    for i in floating(arrays):
        slopes = np.empty(arrays[i].shape)
        for k in np.ndindex(*slopes.shape):
            ends = []
            for h in (1e-6, -1e-6):
                moved = arrays[i].copy()
                moved[k] += h
                ends.append(np.sum(fn(*arrays[:i], moved, *arrays[i + 1 :])))
            slopes[k] = (ends[0] - ends[1]) / 2e-6
        if not np.allclose(claimed[i], slopes, 1e-3, 1e-5):
            return False
    return True


def of_torch(torch):
    def accepts(fn, vjp, arrays):
        class Pair(torch.autograd.Function):
            @staticmethod
            def forward(ctx, *xs):
                ctx.xs = [x.detach().numpy() for x in xs]
                ctx.y = np.asarray(fn(*ctx.xs))
                return torch.tensor(ctx.y)

            @staticmethod
            def backward(ctx, g):
                parts = vjp(g.numpy(), ctx.y, *ctx.xs)
                return tuple(None if p is None else torch.tensor(p) for p in parts)

        inputs = [torch.tensor(x) for x in arrays]
        for i in floating(arrays):
            inputs[i].requires_grad_()
        return torch.autograd.gradcheck(Pair.apply, inputs, raise_exception=False)

    return accepts


def of_jax(jax):
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)

    def accepts(fn, vjp, arrays):
        y = np.asarray(fn(*arrays))
        moved = floating(arrays)

        def whole(xs):
            rest = iter(xs)
            pick = [next(rest) if i in moved else x for i, x in enumerate(arrays)]
            return [np.asarray(x) for x in pick]

        def forward(*xs):
            return np.asarray(fn(*whole(xs)), y.dtype)

        def backward(g, *xs):
            full = whole(xs)
            parts = vjp(np.asarray(g), forward(*xs), *full)
            return tuple(np.asarray(parts[i]) for i in moved)

        @jax.custom_vjp
        def f(*xs):
            return jax.pure_callback(
                forward, jax.ShapeDtypeStruct(y.shape, y.dtype), *xs
            )

        def pull(xs, g):
            kinds = tuple(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in xs)
            return jax.pure_callback(backward, kinds, g, *xs)

        f.defvjp(lambda *xs: (f(*xs), xs), pull)
        check_grads(f, tuple(arrays[i] for i in moved), order=1, modes=["rev"])
        return True

    return accepts


def of_autograd(_):
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def accepts(fn, vjp, arrays):
        f = primitive(lambda *xs: np.asarray(fn(*xs)))
        places = floating(arrays)
        rules = [
            lambda y, *xs, i=i: lambda g: np.asarray(vjp(np.asarray(g), y, *xs)[i])
            for i in places
        ]
        defvjp(f, *rules, argnums=places)
        for i in places:
            one = lambda x, i=i: f(*arrays[:i], x, *arrays[i + 1 :])  # noqa: E731
            check_grads(one, modes=["rev"], order=1)(arrays[i])
        return True

    return accepts


def by(accepts):
    """A checker in the form of ours; what raises does not accept."""

    def check(fn, vjp, inputs, domain):
        arrays = [np.array(x, order="C") for x in inputs]
        try:
            right = accepts(fn, vjp, arrays)
        except Exception:
            right = False
        return SimpleNamespace(verdict="right" if right else "wrong")

    return check


def row(name, check, samples_of):
    """Print one checker's line of the table."""
    cells = []
    for twins, hard in CATALOGUES.values():
        start = time.perf_counter()
        caught, alarms = 0, 0
        for twin in twins:
            verdicts, found = score(twin, samples_of(twin), check)
            caught += len(found)
            alarms += any(v.verdict == "wrong" for v in verdicts)
        if samples_of is typical_inputs:
            small = [h for h in hard if max(np.size(x) for x in h.inputs) <= LARGEST]
            wrong = [check(h.fn, h.vjp, h.inputs, None).verdict for h in small]
            alarms += wrong.count("wrong")
        cells.append(f"{caught:5d} {alarms:7d} {time.perf_counter() - start:8.1f}")
    print(f"{name:34}" + "   ".join(cells), flush=True)


def main():
    samples_of = drawn_inputs if "--drawn" in sys.argv else typical_inputs
    heads = []
    for name, (twins, hard) in CATALOGUES.items():
        wrong = sum(len(twin.wrong) for twin in twins)
        right = len(twins)
        if samples_of is typical_inputs:
            right += sum(max(np.size(x) for x in h.inputs) <= LARGEST for h in hard)
        heads.append(f"{name}: {wrong} wrong, {right} right")
    print(f"{'checker':34}" + "   ".join(f"{head:22}" for head in heads))
    print(f"{'':34}" + "   ".join(["caught  alarms  seconds"] * len(heads)))
    row("graphgrad", judged, samples_of)
    row("central difference, h = 1e-6", by(book), samples_of)
    known = {"torch": of_torch, "jax": of_jax, "autograd": of_autograd}
    shown = {
        "torch": "torch.autograd.gradcheck",
        "jax": "jax.test_util.check_grads",
        "autograd": "autograd.test_util.check_grads",
    }
    for name, adapter in known.items():
        if library := optional(name):
            row(shown[name], by(adapter(library)), samples_of)


if __name__ == "__main__":
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        logging.disable()  # JAX logs what a wrong gradient raises
        main()
