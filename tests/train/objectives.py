"""Objectives that other processes can import, and a search that can be killed."""

import math
import os
import sys
import time

import graphgrad as gg

SPACE = {
    "rate": gg.train.LogUniform(1e-6, 1e-2),
    "units": gg.train.Integers(1, 100),
    "activation": gg.train.Choice("relu", "tanh"),
}


def bowl(values):
    """Best at 1e-3 and 50 units, and with tanh."""
    far = abs(math.log10(values["rate"]) + 3) + abs(values["units"] - 50) / 50
    return [-10.0, -far - (values["activation"] == "relu")]


def slow_bowl(values):
    time.sleep(0.02)
    return bowl(values)


def process(values):
    time.sleep(0.05)
    return os.getpid()


def endless(values):
    print(os.getpid(), flush=True)
    time.sleep(60)


def broken(values):
    raise KeyError("a mistake of the objective")


def dies(values):
    os._exit(3)


if __name__ == "__main__":
    kind, storage, name, workers = sys.argv[1:]

    def told(values):
        print("trial", flush=True)
        return slow_bowl(values)

    objective = told if name == "told" else endless
    facts = {"kind": kind, "storage": storage, "workers": int(workers)}
    gg.train.search(objective, SPACE, 30, **facts)
    print("end", flush=True)
