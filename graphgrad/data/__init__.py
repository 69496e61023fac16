"""Real data to train on; see README.md."""

from graphgrad.data.augment import augmented, distorted, rotated, scaled, shifted
from graphgrad.data.digits import Digits, load_digits
from graphgrad.data.examples import batches, draws, split
from graphgrad.data.idx import read_idx
from graphgrad.data.mnist import load_fashion_mnist, load_mnist
from graphgrad.data.moons import load_moons
from graphgrad.data.prefetch import prefetched
