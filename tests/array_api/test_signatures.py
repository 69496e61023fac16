"""Every function of the array API standard, with its arguments."""

import inspect

import array_api_strict as strict
import pytest

import graphgrad as gg

KEYWORD, POSITIONAL = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_ONLY
EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD


# Of the edition after 2024.12, and what is not a function of the standard.
AFTER = {"broadcast_shapes", "isin", "eig", "eigvals", "__array_namespace_info__"}


def _functions(module):
    return {
        name: getattr(module, name)
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
        and "strict" not in name
        and name not in AFTER
    }


NAMESPACES = {"": strict, "linalg.": strict.linalg, "fft.": strict.fft}
FUNCTIONS = {
    prefix + name: function
    for prefix, module in NAMESPACES.items()
    for name, function in _functions(module).items()
}


def find(path):
    found = gg
    for name in path.split("."):
        found = getattr(found, name)
    return found


def test_there_are_as_many_as_the_standard_has():
    assert len(FUNCTIONS) >= 170


def require_same_arguments(function, spec, skip=0):
    told = list(inspect.signature(spec).parameters.values())[skip:]
    ours = list(inspect.signature(function).parameters.values())[skip:]
    ordered = [p for p in told if p.kind is not KEYWORD]
    for mine, theirs in zip(ours, ordered, strict=False):
        if theirs.kind is EITHER:
            assert (mine.name, mine.kind) == (theirs.name, EITHER)
    assert len(ours) >= len(ordered)
    by_name = {p.name: p for p in ours}
    for theirs in told[len(ordered) :]:
        mine = by_name[theirs.name]
        assert mine.kind in (KEYWORD, EITHER)
        if isinstance(theirs.default, int | float | str | None):
            assert mine.default == theirs.default


@pytest.mark.parametrize("path", FUNCTIONS)
def test_the_arguments_are_those_of_the_standard(path):
    require_same_arguments(find(path), FUNCTIONS[path])


CONSTANTS = ["e", "inf", "nan", "newaxis", "pi"]
DTYPES = ["bool", "complex128", "complex64", "float32", "float64"]
DTYPES += [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]


@pytest.mark.parametrize("name", CONSTANTS + DTYPES)
def test_constants_and_dtypes_have_their_names(name):
    theirs = getattr(strict, name)
    if name in DTYPES:
        assert getattr(gg, name) == theirs._np_dtype
    else:
        assert getattr(gg, name) is theirs or repr(getattr(gg, name)) == repr(theirs)


MEMBERS = [name for name in dir(type(strict.asarray(0))) if name.startswith("__")]
PYTHON = {name for name in dir(object) if name not in ("__eq__", "__ne__")}
PYTHON |= {"__module__", "__dict__", "__weakref__", "__annotations__", "__buffer__"}


@pytest.mark.parametrize(
    "name",
    [
        *sorted(set(MEMBERS) - PYTHON),
        *("T", "mT", "device", "dtype", "ndim", "shape", "size"),
    ],
)
def test_arrays_have_the_members_of_the_standard(name):
    x = gg.asarray([[1.0]])
    if name.startswith("__i") and hasattr(x, f"__{name[3:]}"):
        return  # `x += y` makes a new tensor by `__add__`
    assert hasattr(x, name)
    spec = getattr(type(strict.asarray(0)), name)
    if inspect.isfunction(spec) and name not in ("__array__", "__buffer__"):
        require_same_arguments(getattr(gg.Tensor, name), spec, skip=1)  # self
