"""Native elementary functions over all numbers, denormal and special ones included."""

from functools import cache
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from scipy import special

import graphgrad as gg
from graphgrad.execute.native.functions import elementary

UNARY = ["exp", "expm1", "log", "log1p", "tanh", "exp2", "log2", "log10"]
UNARY += ["asin", "acos", "atan", "asinh", "acosh", "atanh"]
UNARY += ["sinh", "cosh", "erf", "erfc", "sqrt", "sin", "cos", "tan"]
BOUND = {"float32": 2.0, "float64": 4.0}  # units in the last place, as design §6 says
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, 2.0, -2.0]


def numbers(dtype, count):
    """All bit patterns alike, and more of those between 1/1000 and 1000."""
    rng = np.random.default_rng(0)
    size = np.dtype(dtype).itemsize
    bits = rng.integers(0, 256, size=(count, size), dtype=np.uint8).view(dtype)[:, 0]
    usual = rng.choice([-1, 1], count) * 10 ** rng.uniform(-3, 3, count)
    near = rng.choice([-1, 1], count) * 10 ** rng.uniform(-9, 0, count)
    edges = np.array(
        [*SPECIAL, np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max]
    )
    parts = [bits[~np.isnan(bits)], usual, near, 1 + near, edges]
    return np.concatenate([part.astype(dtype) for part in parts])


@cache
def native(name, dtype):
    x = gg.placeholder(("n",), dtype=dtype)
    program = gg.compile(getattr(gg, name)(x), [x], backend="native")

    def computed(values):
        found = program(values)
        assert "NumPy" not in program.explain().replace("0 NumPy calls", "")
        return found

    return computed


def assert_near(found, wanted, given, bound):
    """Equal where not finite, with the sign of 0; else within so many units."""
    with np.errstate(all="ignore"):
        rounded = wanted.astype(found.dtype)
        # Above the largest number, and below the smallest, the units go on.
        unit = np.spacing(np.minimum(np.abs(rounded), np.finfo(found.dtype).max))
        held = np.clip(found, np.finfo(found.dtype).min, np.finfo(found.dtype).max)
        gap = np.abs(held.astype("longdouble") - wanted) / unit
    same = (found == rounded) & (np.signbit(found) == np.signbit(rounded))
    same |= np.isnan(found) & np.isnan(rounded)
    wrong = ~same & ~(gap <= bound)
    assert not wrong.any(), [a[wrong][:5] for a in (given, found, wanted, gap)]


@pytest.mark.parametrize("name", UNARY)
def test_float32_against_float64(name):
    x = numbers("float32", 200_000)
    with np.errstate(all="ignore"):
        wanted = ours(name)(x.astype("longdouble"))
    assert_near(native(name, "float32")(x), wanted, x, BOUND["float32"])


@pytest.mark.parametrize("name", UNARY)
def test_float64_against_mpmath(name):
    x = numbers("float64", 1000)
    with mpmath.workprec(130):
        wanted = np.array([exact(name, value) for value in x], "longdouble")
    assert_near(native(name, "float64")(x), wanted, x, BOUND["float64"])


EXACT = {
    "exp2": lambda x: mpmath.power(2, x),
    "log2": lambda x: mpmath.log(x, 2),
    "log10": lambda x: mpmath.log(x, 10),
}


def ours(name):
    """NumPy's function, or SciPy's where it has none."""
    plain = getattr(np, name, None)
    return plain or (lambda x: getattr(special, name)(x.astype("float64")))


def exact(name, value):
    """The value rounded to a long double; special ones as NumPy has them."""
    with np.errstate(all="ignore"):
        guess = ours(name)(value)
    if not np.isfinite(value) or not np.isfinite(guess) or guess == 0:
        return guess
    made = EXACT.get(name, getattr(mpmath, name, None))(mpmath.mpf(float(value)))
    high = float(made)
    return np.longdouble(high) + np.longdouble(float(made - high))


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_angles_near_multiples_of_a_right_one(name):
    """Where almost all digits of the angle are lost, also for the worst of all."""
    with mpmath.workprec(1200):
        turns = [*range(1, 40), *(3 * 7**k for k in range(5, 60))]
        x = np.array([float(n * mpmath.pi / 2) for n in turns] + [WORST])
        wanted = np.array([exact(name, value) for value in x], "longdouble")
    assert_near(native(name, "float64")(x), wanted, x, BOUND["float64"])


WORST = 6381956970095103.0 * 2.0**797  # of all doubles the nearest to a right angle
POWERS = [*SPECIAL, 3.0, -3.0, 1.5, -0.5, 1e300, 1e-300, 2.0**53 + 2, 1024.0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_power_at_special_values(dtype):
    with np.errstate(all="ignore"):
        ends = np.array(POWERS).astype(dtype)
        x, y = (a.ravel() for a in np.meshgrid(ends, ends))
        wanted = x**y
    assert_near(powers(dtype)(x, y), wanted.astype("longdouble"), x, BOUND[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_power_against_mpmath(dtype):
    rng = np.random.default_rng(0)
    x = np.abs(numbers(dtype, 500))
    x = x[np.isfinite(x) & (x > 0)]
    with np.errstate(all="ignore"):
        most = np.abs(np.finfo(dtype).maxexp / np.log2(x))
        y = (rng.uniform(-1.05, 1.05, len(x)) * np.minimum(most, 1e30)).astype(dtype)
    with mpmath.workprec(200):
        made = [mpmath.power(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        high = [float(v) for v in made]
        rests = [v - h for v, h in zip(made, high, strict=True)]
        low = [float(v) if mpmath.isfinite(v) else 0.0 for v in rests]
    wanted = np.array(high, "longdouble") + np.array(low, "longdouble")
    assert_near(powers(dtype)(x, y), wanted, x, BOUND[dtype])


@cache
def powers(dtype):
    x, y = (gg.placeholder(("n",), dtype=dtype) for _ in range(2))
    return gg.compile(x**y, [x, y], backend="native")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logaddexp(dtype):
    x, y = np.meshgrid(numbers(dtype, 30), numbers(dtype, 30))
    a, b = (gg.placeholder(x.shape, dtype=dtype) for _ in range(2))
    found = gg.compile(gg.logaddexp(a, b), [a, b], backend="native")(x, y)
    with np.errstate(all="ignore"):
        wanted = np.logaddexp(x.astype("longdouble"), y.astype("longdouble"))
        size = np.spacing(np.maximum(np.abs(wanted), 1).astype(dtype))
        gap = np.abs(found - wanted) / size
    same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    assert (same | (gap <= BOUND[dtype])).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["exp", "exp2", "erfc", "cosh"])
def test_powers_of_2_where_no_instruction_multiplies_by_them(name, dtype, monkeypatch):
    x = numbers(dtype, 20_000)
    usual = native(name, dtype)(x)
    monkeypatch.setattr(elementary, "has_scaling", lambda: False)
    found = native.__wrapped__(name, dtype)(x)
    assert_near(found, usual.astype("longdouble"), x, 1.0)


CHAINS = {  # what is known of one function's result spares the next one instructions
    "log1p of exp": lambda xp, x: xp.log1p(xp.exp(-xp.abs(x))),
    "log1p of a large exp": lambda xp, x: xp.log1p(xp.exp(xp.abs(x))),
    "tanh of exp": lambda xp, x: xp.tanh(xp.exp(-xp.abs(x))),
    "log of a sum": lambda xp, x: xp.log(xp.exp(-xp.abs(x)) + 2),
    "a size below": lambda xp, x: xp.abs(x) < 0,
    "a size below another": lambda xp, x: xp.abs(x) < x + 1,
    "a tiny size": lambda xp, x: xp.abs(x) < 1e-4,
    "a size of 0": lambda xp, x: xp.abs(x) <= 0,
    "a size above": lambda xp, x: xp.abs(x) >= 0,
    "exp above": lambda xp, x: xp.exp(-xp.abs(x)) > 1,
    "exp of 0": lambda xp, x: xp.exp(-xp.abs(x)) >= 1,
    "exp twice": lambda xp, x: xp.exp(-xp.abs(x)) + xp.exp(-xp.abs(x)) > 1,
    "exp below": lambda xp, x: xp.exp(-xp.abs(x)) <= 1,
    "exp other": lambda xp, x: xp.exp(x) != -1,
    "a sum": lambda xp, x: (xp.abs(x) + 1) < 1,
    "a large sum": lambda xp, x: (xp.abs(x) + 3e38) == np.inf,
    "a small sum": lambda xp, x: (1 - xp.abs(x)) > 1,
    "a sum of opposites": lambda xp, x: (xp.abs(x) + -xp.abs(x)) == 0,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CHAINS)
def test_what_is_known_of_numbers_changes_none(name, dtype):
    """The same to the bit by a program for each function, which knows nothing."""
    x, place = numbers(dtype, 20_000), gg.placeholder(("n",), dtype=dtype)
    found = gg.compile(CHAINS[name](gg, place), [place], backend="native")(x)
    each = SimpleNamespace(abs=np.abs)
    for function in ("exp", "log", "log1p", "tanh"):
        setattr(each, function, native(function, dtype))
    with np.errstate(all="ignore"):
        wanted = CHAINS[name](each, x)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
    if found.dtype == dtype:
        np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))
