"""What the interactive page is told, and that it is one file, whole or absent."""

import json
import re

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors
from graphgrad.drawing.explore import page_of
from graphgrad.insight.recording import Recording


def data_of(page):
    (text,) = re.findall(
        r'<script type="application/json" id="data">(.*)</script>', page
    )
    return json.loads(text)


def fruit():
    apple, orange = gg.variable(100.0, name="apple"), gg.variable(150.0, name="orange")
    tax = gg.variable(1.1, name="tax")
    return ((apple * 2 + orange * 3) * tax).named("total")


def test_numbers_are_those_of_the_graph():
    data = data_of(page_of(fruit()))
    nodes = {node["name"] or node["text"]: node for node in data["nodes"]}
    assert nodes["apple"]["value"][0]["number"] == 100
    assert nodes["apple"]["gradient"][0]["number"] == pytest.approx(2.2)
    assert nodes["2"]["gradient"] == [None]
    (edge,) = (
        e for e in data["edges"] if data["nodes"][e["source"]]["name"] == "apple"
    )
    assert edge["local"] == ["2"]
    assert edge["formula"] == "2"
    assert edge["gradient"][0]["text"] == "2.2"


def test_what_flows_into_a_group_several_times_is_summed():
    x = gg.variable([1.0, 2.0], name="x")
    with gg.scope("inside"):
        y = gg.sin(x) + gg.cos(x) * x
    data = data_of(page_of(gg.sum(y) + gg.sum(x)))
    (group,) = data["groups"]
    assert group["path"] == "inside"
    (total,) = group["inputs"]
    expected = np.cos([1, 2]) - np.sin([1, 2]) * [1, 2] + np.cos([1, 2])
    assert total["gradient"][0]["norm"] == pytest.approx(np.linalg.norm(expected))


def test_local_derivatives_at_zero_upstream_are_still_told():
    x = gg.variable(3.0, name="x")
    data = data_of(page_of((x * x) * 0.0))
    told = [edge["local"][0] for edge in data["edges"] if edge["local"][0]]
    assert told == ["3", "3", "0"]


def test_statistics_hold_no_number_that_json_has_not():
    x = gg.variable([1.0, 0.0, np.inf, np.nan], name="x")
    page = page_of(gg.log(x) * x)
    (node,) = (n for n in data_of(page)["nodes"] if n["name"] == "x")
    found = node["value"][0]
    assert (found["nans"], found["infs"], found["zeros"]) == (0.25, 0.25, 0.25)
    assert sum(found["histogram"]["counts"]) == 2
    assert page_of(Recording(steps=[1], losses=[float("nan")])).count("NaN,") == 0


def test_names_cannot_end_the_data_or_the_page():
    name = "</script><script>alert(1)</script>"
    page = page_of(gg.variable(1.0, name=name) * 2, title=name)
    assert "<script>alert" not in page
    assert any(node["name"] == name for node in data_of(page)["nodes"])


def test_two_runs_of_one_graph_are_compared_and_others_refused():
    x = gg.placeholder(name="x")
    y = gg.exp(x)
    one, two = gg.run(y, {x: 0.0}), gg.run(y, {x: 1.0})
    data = data_of(page_of(one, two))
    assert data["runs"] == ["first", "second"]
    assert [s["number"] for s in data["nodes"][1]["value"]] == [1.0, np.e]
    with pytest.raises(errors.ArgumentError, match="of different graphs"):
        page_of(one, gg.run(gg.exp(x) * 2, {x: 0.0}))
    with pytest.raises(errors.ArgumentError, match="two runs are compared"):
        page_of(y, two)


def test_the_page_is_the_same_in_every_process(tmp_path):
    assert page_of(fruit()) == page_of(fruit())


def test_a_page_needs_a_place(tmp_path):
    with pytest.raises(errors.DrawingError, match=r"end it in \.html"):
        gg.explore(fruit(), tmp_path / "page.svg")
    with pytest.raises(errors.DrawingError, match="does not exist"):
        gg.explore(fruit(), tmp_path / "none" / "page.html")
    assert list(tmp_path.iterdir()) == []
    assert gg.explore(fruit(), tmp_path / "page.html").is_file()


def test_structure_alone_is_shown_where_a_placeholder_has_no_value():
    data = data_of(page_of(gg.exp(gg.placeholder((3,), name="x"))))
    assert [node["value"] for node in data["nodes"]] == [[None]] * 3


def test_all_modules_are_there_once_and_none_imports():
    page = page_of(fruit())
    script = page.rpartition('<script type="module">')[2]
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    assert script.count("class Model ") == 1
