"""Gradients of a loss by backpropagation and by differences, entry by entry."""

import numpy as np
from tqdm import tqdm

import graphgrad as gg

Values = dict[gg.Tensor, np.ndarray]  # by placeholder


class Parameters:
    """Makes placeholders of parameters and keeps their values: those of vectors are 0.

    Args:
        std: deviation of the entries of matrices.
    """

    def __init__(self, std: float) -> None:
        self.values: Values = {}
        self._std = std
        self._rng = np.random.RandomState(0)

    def __call__(self, name: str, *shape: int) -> gg.Tensor:
        made = gg.placeholder(shape, name=name)
        matrix = len(shape) > 1
        self.values[made] = self._std * self._rng.randn(*shape) * matrix
        return made


class Check:
    """A loss whose gradients are compared with differences, as in book §4.4.

    Args:
        loss: a function of placeholders.
        values: of these.
        backward: the loss that backpropagation takes, by default the same.
    """

    def __init__(
        self, loss: gg.Tensor, values: Values, backward: gg.Tensor | None = None
    ) -> None:
        self._declared = loss
        inputs = list(values)
        self.names = [x.name or "" for x in inputs]
        self._arrays = [array.copy() for array in values.values()]
        self._loss = gg.compile(loss, inputs)
        slopes = gg.grad(loss if backward is None else backward, inputs)
        self.gradients = gg.compile(slopes, inputs)(*self._arrays)

    def difference(self, k: int, entry: int, h: float) -> float:
        """(L(w + h) − L(w − h)) / 2h for an entry w of parameter number k."""
        flat = self._arrays[k].reshape(-1)  # a view
        own, found = flat[entry], []
        for moved in (own + h, own - h):
            flat[entry] = moved
            found.append(float(self._loss(*self._arrays)))
        flat[entry] = own
        return (found[0] - found[1]) / (2 * h)

    def errors(self, most: int, h: float = 1e-4, said: str = "") -> dict[str, float]:
        """Mean |backprop − difference| by parameter, over so many entries.

        Args:
            most: the most entries that are taken of a parameter, at random.
            h: the step.
            said: beside a progress bar; none without.
        """
        rng = np.random.RandomState(0)
        orders = [rng.permutation(array.size)[:most] for array in self._arrays]
        pairs = [(k, i) for k, entries in enumerate(orders) for i in sorted(entries)]
        off: dict[str, list[float]] = {name: [] for name in self.names}
        for k, i in tqdm(pairs, desc=f"   {said}", mininterval=0.5, disable=not said):
            numerical = self.difference(k, i, h)
            off[self.names[k]].append(abs(numerical - self.gradients[k].flat[i]))
        return {name: float(np.mean(found)) for name, found in off.items()}

    def verdict(self) -> str:
        """What graphgrad's own checker says."""
        return gg.testing.check_gradients(
            self._declared, *self._arrays, order=1
        ).verdict

    def idle(self) -> int:
        """How many parameters have a gradient that is 0 in every entry."""
        return sum(not gradient.any() for gradient in self.gradients)
