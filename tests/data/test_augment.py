"""Augmented images are the warps they claim to be, in the shape they came in."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from graphgrad.data import augment, augmented, distorted, rotated, scaled, shifted
from graphgrad.errors import ArgumentError, DTypeError, ShapeError

FUNCTIONS = [shifted, rotated, scaled, distorted, augmented]
NOTHING = [
    partial(shifted, most=0),
    partial(rotated, degrees=0),
    partial(scaled, factor=1),
    partial(distorted, strength=0),
    partial(augmented, shift=0, degrees=0, scale=1, elastic=0),
]
SIZES = st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
IMAGES = arrays(np.float32, SIZES, elements=st.floats(-2, 2, width=32))


class Highest(np.random.RandomState):
    """Draws the upper bound, always: amounts are known."""

    def uniform(self, low=0.0, high=1.0, size=None):
        return np.full(size, float(high))


def random(seed=0):
    return np.random.RandomState(seed)


def blobs(n, side=28):
    """Smooth images around the centre, black at the rim: like digits."""
    noise = random(7).uniform(size=(n, side, side))
    rim = side // 4
    noise[:, :rim] = noise[:, -rim:] = noise[:, :, :rim] = noise[:, :, -rim:] = 0
    return ndimage.gaussian_filter(noise, (0, 1, 1)).astype(np.float32)


@given(IMAGES, st.sampled_from(NOTHING))
def test_zero_strength_is_the_identity(images, nothing):
    np.testing.assert_array_equal(nothing(images, random()), images)


@given(IMAGES, st.integers(0, 3), st.integers(0, 99))
def test_each_shift_is_a_roll_with_zeros(images, most, seed):
    moved = shifted(images, random(seed), most)
    padded = np.pad(images, ((0, 0), (most, most), (most, most)))
    steps = range(-most, most + 1)
    rolls = [np.roll(padded, (y, x), (1, 2)) for y in steps for x in steps]
    inner = slice(most, -most or None)
    cut = np.array([roll[:, inner, inner] for roll in rolls])
    assert (cut == moved).all(axis=(2, 3)).any(axis=0).all()


def test_all_shifts_occur():
    dot = np.zeros((500, 9, 9), np.float32)
    dot[:, 4, 4] = 1
    places = np.argwhere(shifted(dot, random(), 2))[:, 1:]
    assert {*map(tuple, places.tolist())} == {
        (y, x) for y in range(2, 7) for x in range(2, 7)
    }


@given(st.integers(1, 12), st.integers(0, 99))
def test_a_quarter_turn_is_rot90(side, seed):
    images = random(seed).uniform(size=(3, side, side)).astype(np.float32)
    turned = rotated(images, Highest(), degrees=90)
    np.testing.assert_allclose(turned, np.rot90(images, axes=(1, 2)), atol=1e-6)


def test_scaling_up_enlarges_about_the_centre():
    square = np.zeros((1, 28, 28))
    square[:, 10:18, 10:18] = 1
    larger = scaled(square, Highest(), factor=1.5)
    assert larger.sum() == pytest.approx(1.5**2 * square.sum(), rel=0.01)
    np.testing.assert_allclose(larger, larger[:, ::-1, ::-1], atol=1e-12)


@given(
    SIZES,
    st.floats(0, 4),
    st.floats(0, 180),
    st.floats(1, 3),
    st.integers(0, 99),
)
def test_an_affine_warp_is_scipys_image_by_image(shape, shift, degrees, scale, seed):
    images = random(seed).uniform(size=shape)
    ours = augmented(
        images, Highest(), shift=shift, degrees=degrees, scale=scale, elastic=0
    )
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back = np.linalg.inv(scale * turn)
    centre = (np.array(shape[1:]) - 1) / 2
    for image, ours_one in zip(images, ours, strict=True):
        theirs = ndimage.affine_transform(
            image, back, centre - back @ (centre + shift), order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(ours_one, theirs, atol=1e-9)


@pytest.mark.parametrize("smoothness", [2.0, 4.0])
@pytest.mark.parametrize("strength", [0.5, 2.0])
def test_a_distortion_moves_pixels_by_its_strength_smoothly(strength, smoothness):
    ramp = np.broadcast_to(np.arange(40.0), (400, 40, 40))  # a pixel says its column
    moved = (distorted(ramp, random(), strength, smoothness) - ramp)[:, 12:-12, 12:-12]
    assert np.sqrt((moved**2).mean()) == pytest.approx(strength, rel=0.05)
    expected = strength * np.sqrt(2 - 2 * np.exp(-1 / (4 * smoothness**2)))
    for axis in (1, 2):
        slope = np.diff(moved, axis=axis)  # of noise that a Gaussian smoothed
        assert np.sqrt((slope**2).mean()) == pytest.approx(expected, rel=0.1)


def test_a_distortion_is_as_strong_at_the_rim():
    field = augment._elastic((2000, 12, 9), random(), strength=2, smoothness=3)
    rms = np.sqrt((field**2).mean(axis=1))
    np.testing.assert_allclose(rms, 2, rtol=0.1)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_mass_is_roughly_kept(function):
    images = blobs(500)
    mass = function(images, random()).sum(axis=(1, 2)) / images.sum(axis=(1, 2))
    assert mass.mean() == pytest.approx(1, abs=0.03)
    assert mass.min() > 0.5
    assert mass.max() < 2


@given(IMAGES, st.sampled_from(FUNCTIONS))
def test_no_value_goes_beyond_those_that_were(images, function):
    made = function(images, random(1))
    assert made.min() >= min(images.min(), 0)
    assert made.max() <= max(images.max(), 0)


@pytest.mark.parametrize("generator", [random, np.random.default_rng])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_shape_dtype_and_seed_decide_all(function, dtype, generator):
    images = blobs(5, 8).astype(dtype)
    before = images.copy()
    made = function(images, generator(3))
    assert (made.shape, made.dtype) == (images.shape, images.dtype)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(function(images, generator(3)), made)
    assert (function(images, generator(4)) != made).any()
    flat = function(images.reshape(5, 64), generator(3))
    np.testing.assert_array_equal(flat, made.reshape(5, 64))


@pytest.mark.parametrize(
    "function", [*FUNCTIONS, partial(augmented, degrees=0, scale=1, elastic=0)]
)
def test_images_of_a_batch_differ_in_their_warp(function):
    made = function(np.repeat(blobs(1), 20, axis=0), random())
    assert len({image.tobytes() for image in made}) > 10


def test_neighbours_in_the_batch_never_show():
    images = np.zeros((9, 6, 7), np.float32)
    images[4] = 1
    made = augmented(images, random(), shift=20, degrees=180, scale=4, elastic=9)
    assert not np.delete(made, 4, axis=0).any()


def test_a_large_batch_is_warped_whole(monkeypatch):
    images = blobs(7, 8)
    warp = partial(augmented, images, shift=1, degrees=30, scale=1.2, elastic=0)
    whole = warp(Highest())
    monkeypatch.setattr(augment, "_BLOCK", 3)
    np.testing.assert_array_equal(warp(Highest()), whole)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_empty_batch_stays_empty(function):
    assert function(np.zeros((0, 64), np.float32), random()).shape == (0, 64)


BLACK = np.zeros((2, 4, 4), np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: shifted(BLACK, 0), ArgumentError, "0 draws no numbers"),
        (lambda: shifted(BLACK, random(), -1), ArgumentError, "a shift of -1 pixels"),
        (lambda: rotated(BLACK, random(), -5), ArgumentError, "a rotation of -5°"),
        (lambda: scaled(BLACK, random(), 0.9), ArgumentError, "a scale of 0.9"),
        (lambda: distorted(BLACK, random(), -1), ArgumentError, "distortion of -1"),
        (lambda: distorted(BLACK, random(), 1, 0), ArgumentError, "smoothness of 0"),
        (lambda: augmented(BLACK, random(), shift=-1), ArgumentError, "shift of -1"),
        (lambda: shifted(BLACK.astype(np.uint8), random()), DTypeError, "of uint8"),
        (lambda: augmented([[1]], random()), DTypeError, "of int64"),
        (lambda: shifted(BLACK[0, 0], random()), ShapeError, r"shape \(4,\)"),
        (lambda: shifted(BLACK[0, :, :3], random()), ShapeError, r"shape \(4, 3\)"),
        (lambda: shifted(BLACK[None], random()), ShapeError, r"shape \(1, 2, 4, 4\)"),
    ],
)
def test_what_makes_no_sense_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
