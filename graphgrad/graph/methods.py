"""The operators and methods of a tensor, filled in at import from the op records.

The stub beside this file is generated from the same records, so that editors and type
checkers know every method (`python -m graphgrad.ops.stubs` writes it).
"""


class Methods:
    """Base of `Tensor`: operators such as ``+`` and methods such as ``.sum()``."""

    __slots__ = ()
