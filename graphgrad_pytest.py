"""Gradients in pytest: the fixture and marker ``gradcheck``.

    def test_softplus(gradcheck):
        gradcheck(softplus, softplus_vjp, domain=Domain((Interval(-5, 5),)))

pytest loads this module in every run of whoever has graphgrad installed; so it lies
outside the package, and imports nothing of it before a test asks for the fixture.
"""

from __future__ import annotations

from typing import Any

import pytest

_SETTINGS = ("examples", "order")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--gradcheck-examples`` and the ini options."""
    group = parser.getgroup("gradcheck", "gradients (graphgrad)")
    group.addoption(
        "--gradcheck-examples",
        type=int,
        metavar="N",
        help="inputs that each gradcheck draws (over ini and marker)",
    )
    parser.addini("gradcheck_examples", "inputs that each gradcheck draws", "int", 40)
    parser.addini(
        "gradcheck_order",
        "1 or 2: derivatives to check; 0 for 1 of pairs (fn, vjp) and 2 of graphs",
        "int",
        0,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, as strict mode asks for."""
    config.addinivalue_line(
        "markers",
        "gradcheck(examples=40, order=2): settings of the fixture `gradcheck`; all "
        "tests that use it bear this mark",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests that use the fixture, so that ``-m gradcheck`` selects them."""
    if "gradcheck" in getattr(item, "fixturenames", ()):
        item.add_marker("gradcheck", append=False)


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Any:
    """Judge a gradient; fail with the report unless it is right.

    ``gradcheck(target, *inputs)`` takes a tensor, a graph, an op or a function of
    tensors; ``gradcheck(fn, vjp, *inputs)`` a pair on arrays. Without inputs they are
    drawn from ``domain=`` (an op has its own), the same in every run. It also fails if
    nothing can be decided, and gives the verdict.

    Raises:
        CheckError: with the report as its message.
    """
    from graphgrad.errors import CheckError
    from graphgrad.testing.drawn import check_target

    chosen = _settings(request)

    def check(target: Any, *rest: Any, **settings: Any) -> Any:
        __tracebackhide__ = True
        verdict = check_target(target, *rest, **{**chosen, **settings})
        if not verdict.ok:
            raise CheckError(str(verdict))
        return verdict

    return check


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The ini file; over it the marks, the nearest last; over all the command line."""
    config = request.config
    found = {name: config.getini(f"gradcheck_{name}") for name in _SETTINGS}
    for mark in reversed(list(request.node.iter_markers("gradcheck"))):
        unknown = mark.kwargs.keys() - set(_SETTINGS)
        if mark.args or unknown:
            known = " and ".join(f"{name}=" for name in _SETTINGS)
            raise pytest.UsageError(
                f"{request.node.nodeid}: the mark gradcheck takes {known} only"
            )
        found.update(mark.kwargs)
    examples = config.getoption("--gradcheck-examples")
    if examples is not None:
        found["examples"] = examples
    if found["examples"] < 1:
        raise pytest.UsageError("gradcheck: examples must be 1 or more")
    return {**found, "order": found["order"] or None}
