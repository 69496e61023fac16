"""Parts never share an example; batches depend on seed and number alone."""

from itertools import chain, islice

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graphgrad.data import batches, draws, split
from graphgrad.errors import ArgumentError, ShapeError

SEEDS = st.integers(0, (1 << 32) - 1)
WEIGHTS = st.lists(st.integers(1, 20), min_size=1, max_size=5)


def examples(n):
    """Two arrays whose rows say which example they are of."""
    ids = np.arange(n)
    return np.stack([ids, -ids], axis=1).astype(np.float32), ids


def same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)
            assert x.dtype == y.dtype


def paired(parts):
    """Every part holds the same examples in all arrays."""
    for x, t in parts:
        np.testing.assert_array_equal(x, np.stack([t, -t], axis=1))
    return parts


def shares(weights):
    return [w / sum(weights) for w in weights]


@given(st.integers(1, 300), WEIGHTS, SEEDS, st.booleans())
def test_a_split_never_leaks_and_loses_nothing(n, weights, seed, by_class):
    assume(min(weights) * n >= sum(weights))  # at least one example in each part
    labels = np.arange(n) % 3 if by_class else None
    parts = paired(split(examples(n), shares(weights), seed=seed, stratify=labels))
    ids = [t.tolist() for _, t in parts]
    assert sorted(chain(*ids)) == list(range(n))
    sizes = n * np.array(shares(weights))
    assert (np.abs([len(i) for i in ids] - sizes) <= 1).all()
    same(parts, split(examples(n), shares(weights), seed=seed, stratify=labels))


def test_a_split_is_the_same_for_any_arrays_of_that_length():
    (_, ids), *_ = split(examples(50), seed=5)
    (alone,), *_ = split((np.arange(50).astype("uint8"),), seed=5)
    np.testing.assert_array_equal(alone, ids)


def test_the_books_split():
    train, test = split((np.arange(10_000),), (0.8, 0.2))
    order = np.random.RandomState(0).permutation(10_000)
    same([train, test], [(order[:8000],), (order[8000:],)])


def test_another_seed_is_another_split():
    assert split((np.arange(50),), seed=1)[0][0].tolist() != (
        split((np.arange(50),), seed=2)[0][0].tolist()
    )


@given(st.lists(st.integers(20, 90), min_size=2, max_size=6), SEEDS)
def test_a_stratified_split_has_each_class_in_proportion(counts, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    parts = split((labels,), (0.5, 0.3, 0.2), seed=seed, stratify=labels)
    for (part,), share in zip(parts, (0.5, 0.3, 0.2), strict=True):
        found = np.bincount(part, minlength=len(counts))
        np.testing.assert_allclose(found, share * np.array(counts), atol=2.5)


def test_parts_are_copies():
    x = np.zeros((10, 2))
    split((x,))[0][0][:] = 1
    assert not x.any()


@given(st.integers(1, 100), st.integers(1, 120), SEEDS, st.integers(0, 99))
def test_an_epoch_has_each_example_once(n, size, seed, epoch):
    made = paired(list(batches(examples(n), size, seed=seed, epoch=epoch)))
    ids = np.concatenate([t for _, t in made])
    assert sorted(ids.tolist()) == list(range(n))
    assert [len(t) for _, t in made[:-1]] == [size] * (len(made) - 1)
    again = list(batches(examples(n), size, seed=seed, epoch=epoch))
    same(again, made)


@given(st.integers(1, 60), st.integers(1, 20), SEEDS, st.booleans(), st.data())
def test_an_epoch_resumes_at_any_batch(n, size, seed, drop_last, data):
    assume(n >= size or not drop_last)
    rest = {"seed": seed, "epoch": 3, "drop_last": drop_last}
    whole = list(batches(examples(n), size, **rest))
    assert not drop_last or {len(t) for _, t in whole} == {size}
    start = data.draw(st.integers(0, len(whole)))
    np.random.seed(0)  # NumPy's own generator plays no part
    same(list(batches(examples(n), size, start=start, **rest)), whole[start:])


def test_epochs_and_seeds_differ():
    orders = {
        tuple(next(batches((np.arange(50),), 50, seed=seed, epoch=epoch))[0].tolist())
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(orders) == 9


@given(st.integers(1, 30), st.integers(1, 9), SEEDS, st.data())
def test_draws_resume_at_any_step(n, size, seed, data):
    steps = data.draw(st.integers(0, 200))
    start = data.draw(st.integers(0, steps))
    whole = paired(list(draws(examples(n), size, steps, seed=seed)))
    assert [len(t) for _, t in whole] == [size] * steps
    same(list(draws(examples(n), size, steps, seed=seed, start=start)), whole[start:])
    same(list(draws(examples(n), size, start, seed=seed)), whole[:start])


def test_draws_are_uniform_with_replacement_and_independent():
    made = np.array([t for (t,) in draws((np.arange(10),), 20, 1000, seed=3)])
    counts = np.bincount(made.ravel(), minlength=10)
    assert np.abs(counts - 2000).max() < 5 * np.sqrt(2000 * 0.9)
    assert len({tuple(row) for row in made.tolist()}) == 1000


def test_late_draws_cost_no_earlier_ones():
    far = draws((np.arange(10),), 2, 10**12, start=10**11)
    assert len(list(islice(far, 3))) == 3


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: split(np.zeros((5, 2))), ArgumentError, r"\(x,\) for one"),
        (lambda: batches((), 2), ArgumentError, "a tuple of arrays"),
        (lambda: split((np.zeros(5), np.zeros(4))), ShapeError, "5 and 4 examples"),
        (lambda: batches((np.zeros(5), 3.0), 2), ShapeError, "5 and None"),
        (
            lambda: split((np.zeros(50),), stratify=np.zeros(4)),
            ShapeError,
            "arrays of 4 examples, where there are 50",
        ),
        (
            lambda: split((np.zeros(50),), (0.8, 0.1)),
            ArgumentError,
            "0.8, 0.1. are",
        ),
        (lambda: split((np.zeros(50),), (1.2, -0.2)), ArgumentError, "-0.2. are not"),
        (lambda: split((np.zeros(50),), (np.nan, 1)), ArgumentError, "nan, 1. are not"),
        (lambda: split((np.zeros(3),)), ArgumentError, "3 examples leave a part"),
        (lambda: batches((np.zeros(5),), 0), ArgumentError, "a batch of 0"),
        (lambda: batches((np.zeros(0),), 2), ArgumentError, "0 examples make no"),
        (
            lambda: batches((np.zeros(5),), 6, drop_last=True),
            ArgumentError,
            "5 examples make no batch of 6",
        ),
        (lambda: batches((np.zeros(5),), 2, start=4), ArgumentError, "start 4 is not"),
        (lambda: batches((np.zeros(5),), 2, start=-1), ArgumentError, "start -1 is"),
        (
            lambda: batches((np.zeros(5),), 2, seed=-1),
            ArgumentError,
            "seed or epoch -1",
        ),
        (lambda: batches((np.zeros(5),), 2, epoch=1 << 32), ArgumentError, "42949"),
        (lambda: draws((np.zeros(0),), 2, 3), ArgumentError, ": 0 examples, 3 steps"),
        (
            lambda: draws((np.zeros(5),), 2, 3, start=4),
            ArgumentError,
            "from step 4",
        ),
        (lambda: draws((np.zeros(5),), -1, 3), ArgumentError, "a batch of -1"),
        (lambda: draws((np.zeros(5),), 2, 3, seed=-2), ArgumentError, "epoch -2"),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_call(call, error, message):
    with pytest.raises(error, match=message):
        call()
