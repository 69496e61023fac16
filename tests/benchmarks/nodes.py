"""What a node costs: a chain of scalars, built, evaluated and differentiated."""

from rounds import optional, race, report  # isort: skip  it sets the BLAS threads
import time

import graphgrad as gg

LENGTH = 20_000
MILLION = 1_000_000


def chain(x, length=LENGTH):
    y = x
    for _ in range(length // 2):
        y = y * x
        y = y + x
    return y


def own():
    chain(gg.variable(0.5)).backward()


def pytorch(torch):
    def work():
        chain(torch.tensor(0.5, dtype=torch.float64, requires_grad=True)).backward()

    return work


def autograd(module):
    from autograd import grad

    slope = grad(chain)
    return lambda: slope(0.5)


def phases():
    """Microseconds a node of a chain of a million, phase by phase."""
    start = time.perf_counter()
    y = chain(gg.variable(0.5), MILLION)
    marks = [("build", time.perf_counter())]
    y.value  # noqa: B018  computed for the clock
    marks.append(("value", time.perf_counter()))
    y.backward()
    marks.append(("backward", time.perf_counter()))
    gg.Graph(y).hash()
    marks.append(("hash", time.perf_counter()))
    print(f"a chain of {MILLION:,} nodes, µs a node")
    for name, mark in marks:
        print(f"  {name:<10} {(mark - start) / MILLION * 1e6:6.2f}")
        start = mark


def main():
    contenders = {"graphgrad": own}
    if (torch := optional("torch")) is not None:
        torch.set_num_threads(1)
        contenders["PyTorch"] = pytorch(torch)
    if (module := optional("autograd")) is not None:
        contenders["HIPS autograd"] = autograd(module)
    medians = race(contenders, rounds=5)
    report(
        f"chain of {LENGTH:,} scalar nodes, build + value + gradient, per node",
        {name: seconds / LENGTH for name, seconds in medians.items()},
    )
    phases()


if __name__ == "__main__":
    main()
