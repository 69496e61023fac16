"""Random words one by one, so that loops make them where they are used.

Each computes the whole block that it is of: four times the work. What stands in memory
is the number of each word, which a program of fixed sizes knows, and no bits.
"""

from __future__ import annotations

from graphgrad.graph.tensor import Tensor
from graphgrad.ops.random import block_word_by_word, word_by_word
from graphgrad.rewrite.engine import about
from graphgrad.shapes import is_static


@about("random_bits", "philox")
def by_word(node: Tensor) -> Tensor | None:
    """The bits of one key, and the block of one counter."""
    key, *counter = node.inputs
    if key.shape != (2,) or not is_static(node.shape):
        return None
    if not counter:
        return word_by_word(key, node.attrs["shape"])
    return block_word_by_word(key, counter[0]) if counter[0].shape == (4,) else None
