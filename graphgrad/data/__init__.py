"""Real data to train on; see README.md."""

from graphgrad.data.digits import Digits, load_digits
from graphgrad.data.idx import read_idx
