"""Transfer: a net that knows the digits 0–4 learns 5–9 from a few examples.

Lower layers are kept, frozen or tuned, under new upper ones (Yosinski et al. 2014).
What frozen layers give is computed once, before the training.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import figure
from graphgrad_demos._starts import Examples, Learner, draw, report

HIDDEN = (200, 100, 100)
CLASSES = 5
AT = 10  # examples of a class, where it is the layers that vary


def source(low: Examples, epochs: int, shift: int) -> gg.nn.Sequential:
    """A net that tells 0–4 apart, shifted anew by up to so many pixels every time."""
    net = gg.nn.mlp((low.features, *HIDDEN, CLASSES), rng=0)
    model = Classifier(net, (low.features,), gg.optim.Adam(0.001))

    def change(rng: Any, x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, ...]:
        return gg.data.shifted(x, rng, shift), t

    print("   0–4: ", end="", flush=True)
    model.fit(*low.train, epochs=epochs, change=change, progress=True)
    print(f"shifted by up to {shift}, accuracy {model.accuracy(*low.test):.3f}")
    return net


def through_pytorch(net: gg.nn.Sequential, file: Path) -> gg.nn.Sequential:
    """The net, read from a file of the layout that PyTorch's state dicts have.

    There a Linear has weights of shape (outputs, inputs). PyTorch writes such a file by
    ``safetensors.torch.save_file(net.state_dict(), file)``.
    """
    from safetensors.numpy import save_file

    theirs = {n: np.ascontiguousarray(a.T) for n, a in net.state().items()}
    save_file(theirs, file)
    read = gg.nn.mlp((net[0].weight.shape[0], *HIDDEN, CLASSES), rng=1)
    gg.nn.load(read, file, layout="pytorch")
    return read


class Transfer:
    """Learning 5–9 on the lowest hidden layers of a net, each a Linear and a ReLU."""

    def __init__(self, net: gg.nn.Sequential, high: Examples, **facts: int) -> None:
        self._net, self._high, self._facts = net, high, facts
        self._learners: dict[Sequence[int], Learner] = {}

    def accuracies(
        self,
        kept: int,
        counts: Iterable[int] = (AT,),
        *,
        frozen: bool = False,
        hidden: Sequence[int] | None = None,
    ) -> dict[int, float]:
        """Mean test accuracies by the number of examples of a class.

        So many layers are kept, 0 for a cold start; the new ones on them have so many
        units as ``hidden`` says, or as those of the net had.
        """
        sizes = self._high.features, *HIDDEN
        new = sizes[kept], *(HIDDEN[kept:] if hidden is None else hidden), CLASSES
        lower = self._net[: 2 * kept]

        def start(seed: int) -> gg.nn.Sequential:
            upper = gg.nn.mlp(new, seed)
            return upper if frozen else gg.nn.Sequential(*lower, *upper)

        data = self._high.through(lower) if frozen else self._high
        trained = new if frozen else (*sizes[:kept], *new)
        if trained not in self._learners:
            self._learners[trained] = Learner(gg.nn.mlp(trained, 0), **self._facts)
        return self._learners[trained].accuracies(start, data, counts)


def cached(net: gg.nn.Sequential, high: Examples, steps: int) -> tuple[float, ...]:
    """Seconds of training an output layer on frozen ones, and on what they gave.

    The last number is the largest difference of its weights.
    """
    lower, seconds, weights = net[:-1].freeze(), [], []
    for frozen, examples in (([lower], high), ([], high.through(lower))):
        start = gg.nn.Sequential(*frozen, gg.nn.Linear(HIDDEN[-1], CLASSES, rng=1))
        learner = Learner(start, steps, seeds=1)
        learner.learn(examples.train)  # compiled on the way
        begin = process_time()
        learner.learn(examples.train)
        seconds.append(process_time() - begin)
        weights.append(learner.net.weights()[0].value)
    return *seconds, float(np.abs(weights[0] - weights[1]).max())


def main(out: Path, quick: bool) -> None:
    """Train on 0–4, learn 5–9 from few in 200 steps (100 in the quick form), draw."""
    low, high = Examples.of_digits(0, CLASSES), Examples.of_digits(5, CLASSES)
    shift = max(1, int(low.features**0.5) // 9)
    file = out / "transfer.safetensors"
    net = through_pytorch(source(low, 8 if quick else 20, shift), file)
    print("   transfer.safetensors: its weights as of a PyTorch state dict, read again")
    facts = {"steps": 100, "seeds": 2} if quick else {"steps": 200, "seeds": 5}
    learnt = Transfer(net, high, **facts).accuracies
    counts = (2, AT, 50) if quick else (2, 5, AT, 20, 50, 100, 300)
    tuned = [learnt(k, counts if k in (0, 3) else (AT,)) for k in range(4)]
    frozen = [learnt(k, counts if k == 1 else (AT,), frozen=True) for k in (1, 2, 3)]
    names = "cold start", "first layer frozen", "all layers tuned"
    rows = dict(zip(names, (tuned[0], frozen[0], tuned[3]), strict=True))
    report("examples of each of 5–9", rows)
    print(f"   {AT} of each, all tuned: output layer replaced {tuned[3][AT]:.3f}, top")
    print(f"   hidden layer dropped {learnt(2, hidden=())[AT]:.3f}, ", end="")
    print(f"one of 50 units added {learnt(3, hidden=(50,))[AT]:.3f}")
    if not quick:
        plain = Transfer(source(low, 20, 0), high, **facts).accuracies(3)[AT]
        print(f"   on a net that saw no shifts {plain:.3f}: not to mind them helps")
    within, alone, difference = cached(net, high, 500)
    print(f"   500 steps on frozen layers {within:.2f} s, on what they gave ", end="")
    print(f"{alone:.2f} s: {within / alone:.1f} ×")
    print(f"   as fast; the weights differ by {difference:.0e}")
    with figure(out / "transfer.png", 1, 2) as (left, right):
        draw(left, "5–9, learnt on the layers of a net of 0–4", rows)
        right.plot(0, tuned[0][AT], "o", label="cold start")
        right.plot((1, 2, 3), [row[AT] for row in frozen], "^-", label="frozen")
        right.plot((1, 2, 3), [row[AT] for row in tuned[1:]], "s-", label="tuned")
        right.set(title=f"{AT} examples of a class", ylabel="accuracy on test digits")
        right.set(xlabel="hidden layers that are kept", xticks=range(4))
        right.legend()
    print("   transfer.png: kept layers help most where examples are few; frozen only")
    print("   the lowest does, for the higher ones are too much of the old digits")
