"""The array namespace that forward rules are written in, for NumPy.

A forward rule takes a namespace ``xp`` first: NumPy here, JAX's on its backend. It
may use the functions of the array API standard, which NumPy has by the same names,
and the few below, which the standard lacks.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class NumPyNamespace:
    """NumPy's functions, and those that forward rules need besides."""

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        setattr(self, name, function)  # found without this method next time
        return function

    @staticmethod
    def erf(x: Any) -> Any:
        """Error function 2/√π ∫₀ˣ exp(−t²) dt."""
        from scipy.special import erf

        return erf(x)

    @staticmethod
    def erfc(x: Any) -> Any:
        """Complement 1 − erf(x), precise for large x."""
        from scipy.special import erfc

        return erfc(x)

    @staticmethod
    def index_set(x: Any, index: Any, values: Any) -> Any:
        """A copy of x in which x[index] = values; of repeated indices the last wins."""
        result = np.array(x, dtype=np.result_type(x, values))
        result[index] = values
        return result

    @staticmethod
    def index_add(x: Any, index: Any, values: Any) -> Any:
        """A copy of x to which values are added at index, repeated indices too."""
        result = np.array(x, dtype=np.result_type(x, values))
        np.add.at(result, index, values)
        return result


NUMPY = NumPyNamespace()
