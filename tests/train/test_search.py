"""Hyper-parameter search: what is drawn, kept, resumed and shared among processes."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphgrad.errors import ArgumentError, DataError, EvaluationError
from graphgrad.train import Choice, Integers, LogUniform, Uniform, refined, search
from tests.train.objectives import SPACE, bowl, broken, dies, process, slow_bowl

ROOT = Path(__file__).resolve().parents[2]
KINDS = "random", "tpe", "grid"


@st.composite
def spaces(draw):
    low = draw(st.floats(-1e3, 1e3))
    width = draw(st.floats(1e-3, 1e3))
    small, factor = draw(st.floats(1e-9, 1e3)), draw(st.floats(1.01, 1e9))
    first = draw(st.integers(-50, 50))
    options = st.lists(st.sampled_from(["a", "b", None, 2, 3.5, False]), min_size=1)
    return draw(
        st.sampled_from(
            [
                Uniform(low, low + width),
                LogUniform(small, small * factor),
                Integers(first, first + draw(st.integers(0, 50))),
                Choice(*dict.fromkeys(draw(options))),
            ]
        )
    )


def holds(space, value):
    if isinstance(space, Choice):
        return value in space.options
    kind = int if isinstance(space, Integers) else float
    return isinstance(value, kind) and space.low <= value <= space.high


@given(st.lists(spaces(), min_size=1, max_size=3), st.integers(0, 2**32 - 1))
def test_all_values_are_of_the_space_and_a_finer_space_is_within_it(parts, seed):
    space = {f"x{i}": part for i, part in enumerate(parts)}
    found = search(lambda values: seed % 7, space, 3, seed=seed)
    for trial in found.trials:
        assert list(trial.values) == list(space)
        assert all(holds(space[n], value) for n, value in trial.values.items())
    for name, part in refined(found, keep=1.0).items():
        assert all(holds(part, trial.values[name]) for trial in found.trials)
        assert all(holds(space[name], value) for value in part.grid(2))


@given(st.lists(spaces(), min_size=1, max_size=3), st.integers(1, 40))
def test_a_grid_has_all_combinations_and_no_more_points_than_trials(parts, most):
    space = {f"x{i}": part for i, part in enumerate(parts)}
    options = math.prod(len(p.options) for p in parts if isinstance(p, Choice))
    if options > most:
        with pytest.raises(ArgumentError, match="combinations"):
            search(lambda values: 0.0, space, most, kind="grid")
        return
    found = search(lambda values: 0.0, space, most, kind="grid").trials
    axes = [{trial.values[name] for trial in found} for name in space]
    points = {tuple(trial.values.values()) for trial in found}
    assert len(found) == len(points) == math.prod(map(len, axes)) <= most
    for name, values in zip(space, axes, strict=True):
        assert all(holds(space[name], value) for value in values)


def test_a_grid_goes_from_end_to_end_on_its_scale():
    space = {"a": LogUniform(1e-4, 1), "b": Uniform(0, 1), "c": Choice("x", "y")}
    found = search(lambda values: 0.0, space, 60, kind="grid").trials
    columns = [sorted({trial.values[name] for trial in found}) for name in space]
    np.testing.assert_allclose(columns[0], [1e-4, 1e-3, 1e-2, 1e-1, 1])
    assert columns[1:] == [[0, 0.25, 0.5, 0.75, 1], ["x", "y"]]
    alone = search(lambda values: 0.0, {"a": LogUniform(1e-4, 1)}, 1, kind="grid")
    assert alone.best.values["a"] == pytest.approx(1e-2)


def test_orders_of_magnitude_are_equally_likely_only_on_a_log_scale():
    space = {"log": LogUniform(1e-4, 1), "even": Uniform(1e-4, 1)}
    trials = search(lambda values: 0.0, space, 300).trials
    small = {n: np.mean([t.values[n] < 1e-2 for t in trials]) for n in space}
    assert abs(small["log"] - 0.5) < 0.1
    assert small["even"] < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_trial_is_found_and_scored_by_the_end_of_its_curve(kind):
    found = search(bowl, SPACE, 60, kind=kind)
    for trial in found.trials:
        assert trial.curve == tuple(bowl(trial.values))
        assert trial.score == trial.curve[-1]
    assert found.best.score == max(trial.score for trial in found.trials)
    assert found.best.score > -0.6
    assert found.best.values["activation"] == "tanh"


def test_the_lower_score_is_the_better_in_mode_min():
    found = search(lambda v: -bowl(v)[-1], SPACE, 40, mode="min")
    assert found.best.values == search(bowl, SPACE, 40).best.values
    scores = [trial.score for trial in found.ranked]
    assert scores == sorted(scores)


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_a_trial_follows_from_the_seed_and_those_before_it(kind):
    whole = search(bowl, SPACE, 25, kind=kind, seed=5).trials
    assert search(bowl, SPACE, 15, kind=kind, seed=5).trials == whole[:15]
    assert search(bowl, SPACE, 15, kind=kind, seed=6).trials != whole[:15]


def test_later_trials_of_tpe_are_near_good_ones():
    trials = search(bowl, SPACE, 80, kind="tpe").trials
    early, late = ([t.score for t in trials[cut]] for cut in (np.s_[:20], np.s_[60:]))
    assert np.median(late) > np.median(early) + 0.5


def test_from_coarse_to_fine():
    coarse = search(bowl, SPACE, 60)
    space = refined(coarse, keep=0.1)
    assert space["activation"] == Choice("tanh")
    ratio = space["rate"].high / space["rate"].low
    assert ratio < 1e4**0.6
    fine = search(bowl, space, 60)
    middle = [np.median([t.score for t in r.trials]) for r in (coarse, fine)]
    assert middle[1] > middle[0] + 0.5
    assert fine.best.score > coarse.best.score


def test_what_diverged_is_worst_and_the_search_goes_on():
    def objective(values):
        if values["x"] < 0.2:
            raise EvaluationError("the loss is inf")
        return [1.0, math.nan] if values["x"] < 0.4 else values["x"]

    for mode, worst in (("max", -math.inf), ("min", math.inf)):
        found = search(objective, {"x": Uniform(0, 1)}, 40, mode=mode)
        for trial in found.trials:
            x = trial.values["x"]
            assert trial.score == (x if x >= 0.4 else worst)
            assert ("the loss is inf" in trial.failure) == (x < 0.2)
        assert found.best.values["x"] > 0.4


def test_what_failed_plays_no_part_in_a_finer_space():
    def objective(values):
        return 1.0 if values["kind"] == "sound" else math.nan

    found = search(objective, {"kind": Choice("sound", "bad")}, 10)
    assert refined(found, keep=1.0) == {"kind": Choice("sound")}


@pytest.mark.parametrize("keep", [0, -0.1, 1.1])
def test_a_share_that_is_none_is_refused(keep):
    found = search(bowl, SPACE, 2)
    with pytest.raises(ArgumentError, match="share"):
        refined(found, keep)


def test_without_any_score_nothing_is_refined():
    found = search(lambda values: math.nan, {"x": Uniform(0, 1)}, 3)
    with pytest.raises(ArgumentError, match="no finite score"):
        refined(found)


@pytest.mark.parametrize("given", ["much", [], [[1.0]], [[1.0], [1.0, 2.0]], None])
def test_what_is_no_score_is_refused(given):
    with pytest.raises(ArgumentError, match="no score"):
        search(lambda values: given, {"x": Uniform(0, 1)}, 3)


def test_the_table_has_the_best_trials_in_columns():
    lines = search(bowl, SPACE, 20).table(3).split("\n")
    assert lines[0].split() == ["rank", "trial", "score", *SPACE]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3"]
    assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"space": {}}, "not one of values"),
        ({"space": {"x": (0, 1)}}, r"'x': \(0, 1\)"),
        ({"trials": 0}, "0 trials"),
        ({"workers": 0}, "0 workers"),
        ({"kind": "sobol"}, "choose of: random, grid, tpe"),
        ({"mode": "most"}, "choose of: max, min"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_arguments_that_make_no_search_are_refused(facts, said):
    with pytest.raises(ArgumentError, match=said):
        search(**{"objective": bowl, "space": SPACE, "trials": 3, **facts})


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (Uniform, (1, 0)),
        (Uniform, (0, math.inf)),
        (LogUniform, (0, 1)),
        (Integers, (2, 1)),
        (Integers, (0.5, 2)),
        (Choice, ()),
        (Choice, (1, True)),
        (Choice, (print,)),
    ],
)
def test_spaces_that_hold_nothing_are_refused(kind, facts):
    with pytest.raises(ArgumentError):
        kind(*facts)


def test_optuna_says_nothing_and_keeps_its_settings(capfd):
    import optuna

    before = optuna.logging.get_verbosity()
    search(bowl, SPACE, 3)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_a_longer_search_goes_on_where_a_shorter_one_ended(tmp_path, kind):
    file, calls = tmp_path / "journal", []

    def counted(values):
        calls.append(values)
        return bowl(values)

    search(counted, SPACE, 10, kind=kind, storage=file)
    found = search(counted, SPACE, 16, kind=kind, storage=file)
    assert len(calls) == 16
    assert found == search(bowl, SPACE, 16, kind=kind)
    assert (
        search(counted, SPACE, 10, kind=kind, storage=file).trials
        == (found.trials[:10])
    )
    assert len(calls) == 16


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_that_was_killed_runs_only_what_is_missing(tmp_path, kind):
    file = tmp_path / "journal"
    whole = search(bowl, SPACE, 30, kind=kind)
    begun = 0
    for until, delay in ((3, 0.013), (6, 0.021)):
        with started(kind, file, "told", 1) as child:
            for _ in range(until):
                assert child.stdout.readline() == "trial\n"
            time.sleep(delay)
            child.kill()
            begun += until + child.stdout.read().count("trial")
    calls = []

    def counted(values):
        calls.append(values)
        return bowl(values)

    assert search(counted, SPACE, 30, kind=kind, storage=file) == whole
    # Each kill cost at most the trial that was going on.
    assert len(whole.trials) <= begun + len(calls) <= len(whole.trials) + 2
    assert 0 < len(calls) < len(whole.trials)


def started(*facts):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.train.objectives", *map(str, facts)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_line_that_was_not_finished_is_left_out(tmp_path):
    file = tmp_path / "journal"
    search(bowl, SPACE, 3, storage=file)
    content = file.read_bytes()
    last = content[:-1].rfind(b"\n") + 1
    whole = search(bowl, SPACE, 4)
    for cut in (last + 1, (last + len(content)) // 2, len(content) - 1):
        file.write_bytes(content[:cut])
        assert search(bowl, SPACE, 4, storage=file) == whole
        lines = file.read_text().splitlines()
        assert [json.loads(line)["op_code"] for line in lines[-4:]] == [4] * 4


def damaged(content):
    lines = content.splitlines(keepends=True)
    yield "empty", b""
    yield "text", b"my notes, without a line's end"
    yield "another line", b"my notes\n"
    yield "an old line cut", lines[0] + lines[1] + lines[2][:30] + b"\n" + lines[3]
    yield "no study", lines[2]
    yield "unknown", content.replace(b'"op_code":4', b'"op_code":99')
    yield "no number", content.replace(b'"number"', b'"nummer"')
    yield "no score", content.replace(b'"value":', b'"valve":')
    yield "not of the space", content.replace(b'"rate"', b'"ratio"')
    yield "deep", content + b"[" * 100_000 + b"]" * 100_000 + b"\n"


def test_a_file_that_is_no_journal_is_refused_and_stays(tmp_path):
    file = tmp_path / "journal"
    search(bowl, SPACE, 3, storage=file)
    for name, content in damaged(file.read_bytes()):
        file.write_bytes(content)
        with pytest.raises(DataError):
            pytest.fail(f"taken: {name}: {search(bowl, SPACE, 4, storage=file)}")
        assert file.read_bytes() == content, name


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"seed": 1}, "its seed is 0, not 1"),
        ({"kind": "tpe"}, "its kind is random, not tpe"),
        ({"mode": "min"}, "its mode is max, not min"),
        ({"space": {"rate": SPACE["rate"]}}, "its space is"),
    ],
)
def test_the_file_of_another_search_is_refused(tmp_path, facts, said):
    file = tmp_path / "journal"
    search(bowl, SPACE, 2, storage=file)
    with pytest.raises(DataError, match=said):
        search(
            **{"objective": bowl, "space": SPACE, "trials": 2, **facts}, storage=file
        )


def test_two_searches_do_not_share_a_file(tmp_path):
    file = tmp_path / "journal"

    def objective(values):
        with pytest.raises(DataError, match="in use"):
            search(bowl, SPACE, 2, storage=file)
        return 0.0

    assert len(search(objective, SPACE, 2, storage=file).trials) == 2


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    for place in (tmp_path, tmp_path / "missing" / "journal"):
        with pytest.raises(DataError, match="cannot be written"):
            search(bowl, SPACE, 2, storage=place)


def test_an_exception_ends_the_search_and_what_was_done_is_kept(tmp_path):
    file, calls = tmp_path / "journal", []

    def objective(values):
        calls.append(values)
        if len(calls) == 4:
            raise KeyError("a mistake")
        return bowl(values)

    with pytest.raises(KeyError, match="a mistake"):
        search(objective, SPACE, 6, storage=file)
    assert search(objective, SPACE, 6, storage=file) == search(bowl, SPACE, 6)
    assert len(calls) == 7


def test_workers_try_the_same_and_share_one_file(tmp_path):
    file = tmp_path / "journal"
    alone = search(bowl, SPACE, 12)
    assert search(slow_bowl, SPACE, 12, workers=2, storage=file) == alone
    assert search(broken, SPACE, 12, workers=2, storage=file) == alone  # all is there


def test_workers_are_other_processes():
    trials = search(process, SPACE, 20, workers=2).trials
    found = {int(trial.score) for trial in trials}
    assert len(found) == 2
    assert os.getpid() not in found


def test_workers_need_an_objective_that_they_can_import():
    with pytest.raises(ArgumentError, match=r"cannot import .*lambda"):
        search(lambda values: 0.0, SPACE, 2, workers=2)


def test_what_a_worker_raises_ends_the_search():
    with pytest.raises(KeyError, match="a mistake of the objective"):
        search(broken, SPACE, 4, workers=2)
    with pytest.raises(EvaluationError, match="without a word"):
        search(dies, SPACE, 4, workers=2)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux")
def test_workers_end_with_the_process_that_started_them(tmp_path):
    with started("random", tmp_path / "journal", "endless", 2) as child:
        workers = [int(child.stdout.readline()) for _ in range(2)]
        child.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))


def alive(pid):
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
