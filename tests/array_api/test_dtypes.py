"""Dtypes: what promotes to what, and what their limits are."""

import itertools

import array_api_strict as strict
import numpy as np
import pytest

import graphgrad as gg
from tests.array_api.test_signatures import DTYPES

KINDS = [
    "bool", "signed integer", "unsigned integer", "integral", "real floating",
    "complex floating", "numeric", ("integral", "real floating"),
]  # fmt: skip


@pytest.mark.parametrize("one", DTYPES)
def test_results_of_two_dtypes(one):
    for other in DTYPES:
        try:
            told = strict.result_type(getattr(strict, one), getattr(strict, other))
        except TypeError:
            continue  # of different kinds: the standard leaves it open
        assert gg.result_type(getattr(gg, one), getattr(gg, other)) == told._np_dtype
        arrays = [gg.zeros(2, dtype=getattr(gg, name)) for name in (one, other)]
        assert gg.result_type(*arrays) == told._np_dtype
        assert gg.result_type(arrays[0], arrays[1].dtype, arrays[0]) == told._np_dtype


@pytest.mark.parametrize(("one", "other"), [*itertools.product(DTYPES, DTYPES)])
def test_what_casts_to_what(one, other):
    told = strict.can_cast(getattr(strict, one), getattr(strict, other))
    try:
        strict.result_type(getattr(strict, one), getattr(strict, other))
    except TypeError:  # of different kinds: open in the standard, as NumPy has it here
        told = np.can_cast(one, other)
    assert gg.can_cast(getattr(gg, one), getattr(gg, other)) == told
    assert gg.can_cast(gg.zeros(1, dtype=one), getattr(gg, other)) == told


@pytest.mark.parametrize(("dtype", "kind"), [*itertools.product(DTYPES, KINDS)])
def test_kinds_of_dtypes(dtype, kind):
    told = strict.isdtype(getattr(strict, dtype), kind)
    assert gg.isdtype(getattr(gg, dtype), kind) == told


@pytest.mark.parametrize("dtype", DTYPES)
def test_limits(dtype):
    kind = np.dtype(dtype).kind
    if kind in "fc":
        told, ours = strict.finfo(getattr(strict, dtype)), gg.finfo(dtype)
        for name in ("bits", "eps", "max", "min", "smallest_normal"):
            assert getattr(ours, name) == getattr(told, name)
            assert type(getattr(ours, name)) is type(getattr(told, name))
        assert ours.dtype == told.dtype._np_dtype
        assert gg.finfo(gg.zeros(2, dtype=dtype)) == ours
    elif kind in "iu":
        told, ours = strict.iinfo(getattr(strict, dtype)), gg.iinfo(dtype)
        assert (ours.bits, ours.min, ours.max) == (told.bits, told.min, told.max)
        assert ours.dtype == told.dtype._np_dtype
    with pytest.raises(gg.GraphgradError):
        (gg.iinfo if kind in "fcb" else gg.finfo)(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_python_numbers_take_the_dtype_of_the_array(dtype):
    x = gg.ones(3, dtype=getattr(gg, dtype))
    numbers = {"b": [], "i": [2], "u": [2], "f": [2, 0.5], "c": [2, 0.5, 1j]}
    for number in numbers[x.dtype.kind]:
        assert (x + number).dtype == x.dtype
        assert (number * x).dtype == x.dtype
        assert gg.where(x == x, x, number).dtype == x.dtype  # noqa: PLR0124
    assert gg.result_type(x, True) == x.dtype


def test_the_namespace_tells_what_it_can():
    info = gg.__array_namespace_info__()
    told = strict.__array_namespace_info__()
    assert set(info.capabilities()) == set(told.capabilities())
    assert info.default_device() in info.devices()
    defaults = {k: v._np_dtype for k, v in told.default_dtypes().items()}
    assert info.default_dtypes() == defaults
    for kind in (None, *KINDS):
        wanted = {k: v._np_dtype for k, v in told.dtypes(kind=kind).items()}
        assert info.dtypes(kind=kind) == wanted
    assert gg.__array_api_version__ == "2024.12"
    assert gg.zeros(1).__array_namespace__() is gg
    assert gg.zeros(1).__array_namespace__(api_version="2022.12") is gg
    with pytest.raises(gg.GraphgradError, match=r"no edition '1999.12'"):
        gg.zeros(1).__array_namespace__(api_version="1999.12")
