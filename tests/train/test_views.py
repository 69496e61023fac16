"""Figures of recordings: what they show, where their legends are, their bytes."""

import subprocess
import sys
from io import BytesIO

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

import graphgrad as gg
from graphgrad.errors import ArgumentError
from graphgrad.insight.recording import Recording
from tests.processes import outputs

VIEWS = {
    view.__name__: view
    for view in (
        gg.train.activation_histograms,
        gg.train.gradient_norms,
        gg.train.update_ratios,
        gg.train.unit_shares,
        gg.train.overview,
    )
}
LOGARITHMIC = [gg.train.gradient_norms, gg.train.update_ratios]

_MAKE = """
import numpy as np
from graphgrad.insight.recording import Recording

def recorded(looks=10, parameters=4, layers=2, seed=0):
    rng = np.random.RandomState(seed)
    rows = lambda n: rng.uniform(0.01, 1, (looks, n)).tolist()
    shares = rng.dirichlet(np.ones(30), (looks, layers))
    return Recording(
        steps=list(range(1, 10 * looks, 10)),
        parameters=[f"p{i}" for i in range(parameters)],
        layers=[f"layer {i}" for i in range(layers)],
        losses=rng.rand(looks).tolist(),
        gradients=rows(parameters),
        weights=rows(parameters),
        updates=rows(parameters),
        means=rows(layers),
        deviations=rows(layers),
        zeros=rows(layers),
        dead=rows(layers),
        saturated=rows(layers),
        edges=[np.linspace(-1, 1, 31).tolist()] * layers,
        histograms=shares.tolist(),
    )
"""
exec(_MAKE)
recorded = globals()["recorded"]


def drawn(figure):
    """The figure's PNG."""
    into = BytesIO()
    figure.savefig(into, format="png")
    return into.getvalue()


def axes_of(figure):
    """All axes, those of its parts too."""
    return figure.get_axes()


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_every_figure_is_drawn_with_titles_and_names_of_axes(view):
    figure = view(recorded())
    assert isinstance(figure, Figure)
    assert drawn(figure).startswith(b"\x89PNG")
    assert all(axes.get_title() for axes in axes_of(figure))
    assert {axes.get_xlabel() for axes in axes_of(figure)} - {""} <= {
        *("step", "activation")
    }


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("layers", [1, 7])
def test_no_legend_lies_on_curves_and_no_axes_on_others(view, layers):
    figure = view(recorded(parameters=2 * layers + 2, layers=layers))
    figure.draw_without_rendering()
    boxes = [axes.get_window_extent() for axes in axes_of(figure)]
    subfigures = [s for half in figure.subfigs for s in [half, *half.subfigs]]
    legends = [x for part in [figure, *subfigures] for x in part.legends]
    assert legends or view is gg.train.activation_histograms
    boxes += [legend.get_window_extent() for legend in legends]
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:i])
        assert figure.bbox.padded(1).count_contains(one.corners()) == 4


def curves(figure):
    """The lines of parameters, without guides and marks."""
    (axes,) = axes_of(figure)
    return [
        x
        for x in axes.lines
        if x.get_transform().contains_branch(axes.transData)
        and len(np.unique(x.get_ydata())) > 1
    ]


def test_the_numbers_are_those_of_the_recording():
    seen = recorded()
    lines = curves(gg.train.gradient_norms(seen))
    found = np.array([line.get_ydata() for line in lines]).T
    np.testing.assert_allclose(found, seen.gradients)
    np.testing.assert_array_equal(lines[0].get_xdata(), seen.steps)
    lines = curves(gg.train.update_ratios(seen))
    found = np.array([line.get_ydata() for line in lines]).T
    np.testing.assert_allclose(found, np.array(seen.updates) / np.array(seen.weights))
    panels = axes_of(gg.train.unit_shares(seen))
    for axes, rows in zip(panels, (seen.zeros, seen.dead, seen.saturated), strict=True):
        found = np.array([line.get_ydata() for line in axes.lines]).T
        np.testing.assert_allclose(found, rows)


def test_the_usual_ratio_is_marked():
    (axes,) = axes_of(gg.train.update_ratios(recorded()))
    assert any(list(line.get_ydata()) == [1e-3, 1e-3] for line in axes.lines)


def test_histograms_are_drawn_from_the_first_look_down():
    seen = recorded(looks=5)
    axes = axes_of(gg.train.activation_histograms(seen))[1]
    ridges = [x for x in axes.patches if isinstance(x, StepPatch)]
    shares = np.sqrt([row[1] for row in seen.histograms])
    assert len(ridges) == 5
    for row, ridge in enumerate(ridges):
        values, edges, baseline = ridge.get_data()
        assert baseline == -row
        np.testing.assert_allclose(values + row, 0.9 * shares[row] / shares.max())
        np.testing.assert_allclose(edges, seen.edges[1])
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [str(step) for step in seen.steps]


def test_many_looks_become_geometric_means():
    seen = recorded(looks=600)
    (line, *_) = curves(gg.train.gradient_norms(seen))
    logs = np.log(np.array(seen.gradients)[:, 0]).reshape(60, 10)
    np.testing.assert_allclose(line.get_ydata(), np.exp(logs.mean(1)))
    np.testing.assert_allclose(
        line.get_xdata(), np.reshape(seen.steps, (60, 10)).mean(1)
    )
    assert "mean of 10 looks" in axes_of(gg.train.gradient_norms(seen))[0].get_ylabel()


@pytest.mark.parametrize("view", LOGARITHMIC)
def test_what_a_log_scale_cannot_show_is_marked_at_its_edge(view):
    seen = recorded(parameters=2)
    for k, (value, parameter) in {3: (0.0, 0), 5: (np.nan, 1), 6: (np.inf, 1)}.items():
        seen.gradients[k][parameter] = seen.updates[k][parameter] = value
    (axes,) = axes_of(view(seen))
    marks = {x.get_marker(): x for x in axes.lines if x.get_marker() in ("v", "x")}
    assert list(marks["v"].get_xdata()) == [seen.steps[3]]
    assert list(marks["v"].get_ydata()) == [0]
    assert list(marks["x"].get_xdata()) == [seen.steps[5], seen.steps[6]]
    (legend,) = axes.figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[-2:] == ["exactly 0", "not finite"]


numbers = st.floats(0, 1e300) | st.sampled_from([0.0, np.inf, np.nan, 1e-300])


@settings(max_examples=6)
@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=4))
def test_any_numbers_can_be_drawn(rows):
    seen = recorded(looks=len(rows), parameters=1, layers=1)
    seen.gradients = [[a] for a, _, _ in rows]
    seen.updates = [[b] for _, b, _ in rows]
    seen.weights = [[c] for _, _, c in rows]
    seen.histograms = [[[0.0] * 30] for _ in rows]
    gg.train.update_ratios(seen).draw_without_rendering()
    gg.train.activation_histograms(seen).draw_without_rendering()


@pytest.mark.parametrize("name", ["$x$", r"$\frac{1$", "_hidden", "a\nb", "%\\"])
def test_names_are_text(name):
    seen = recorded(parameters=1, layers=1)
    seen.parameters, seen.layers = [name], [name]
    gg.train.overview(seen).draw_without_rendering()
    (legend,) = gg.train.gradient_norms(seen).legends
    assert legend.get_texts()[0].get_text() == name


def test_settings_of_the_user_stay_and_do_not_matter():
    seen = recorded()
    plain = drawn(gg.train.gradient_norms(seen))
    with mpl.rc_context({"font.size": 30, "axes.grid": False}):
        before = dict(mpl.rcParams)
        figure = gg.train.gradient_norms(seen)
        assert dict(mpl.rcParams) == before
    assert drawn(figure) == plain


def test_bytes_are_equal_in_processes_and_pyplot_stays_out():
    code = _MAKE + (
        "import sys, graphgrad as gg\n"
        "gg.train.overview(recorded()).savefig(sys.stdout.buffer, format='png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    assert len(outputs(code)) == 1


def test_importing_graphgrad_does_not_load_matplotlib():
    code = "import sys, graphgrad; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_what_cannot_be_drawn_is_named(view):
    with pytest.raises(ArgumentError, match="is empty"):
        view(Recording(parameters=["w"], layers=["h"]))
    with pytest.raises(ArgumentError, match=r"recorder\.recording"):
        view([1, 2])


def test_missing_columns_are_named():
    with pytest.raises(ArgumentError, match="no layers"):
        gg.train.unit_shares(recorded(layers=0))
    with pytest.raises(ArgumentError, match="no parameters"):
        gg.train.overview(recorded(parameters=0))
