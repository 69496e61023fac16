"""MNIST and Fashion-MNIST whole: the user's files, or fetched and checked by hash."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from graphgrad.data.digits import Digits
from graphgrad.data.idx import read_labelled_images
from graphgrad.data.libraries import library
from graphgrad.errors import DataError


class _Source(NamedTuple):
    name: str
    folder: str
    url: str
    hashes: dict[str, str]  # SHA-256 by file name; images before labels, test last


_MNIST = _Source(
    "MNIST",
    "mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    {
        "train-images-idx3-ubyte.gz": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
)

_FASHION = _Source(
    "Fashion-MNIST",
    "fashion",
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    {
        "train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
)


def load_mnist(folder: str | Path | None = None) -> Digits:
    """Load the 60,000 + 10,000 handwritten digits of MNIST (LeCun et al. 1998).

    A file that the folder lacks is fetched once (11.6 MB in all) into the cache that
    pooch keeps, and believed only if its SHA-256 is the known one.

    Args:
        folder: its ``mnist/`` may hold the four files, e.g.
            ``train-images-idx3-ubyte.gz``; by default what ``GRAPHGRAD_DATA`` names.

    Returns:
        Images of 28 × 28 pixels, training and test set as published, in their order.

    Raises:
        DataError: if a file cannot be fetched, is damaged, or is not what it should be.
    """
    return _load(_MNIST, folder)


def load_fashion_mnist(folder: str | Path | None = None) -> Digits:
    """Load the 60,000 + 10,000 pictures of Fashion-MNIST (Xiao et al. 2017).

    As `load_mnist`, with files under ``fashion/`` (30.9 MB in all). The labels 0 to 9
    are T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot.
    """
    return _load(_FASHION, folder)


def _load(source: _Source, folder: str | Path | None) -> Digits:
    folder = folder or os.environ.get("GRAPHGRAD_DATA")
    files = []
    for name in source.hashes:
        own = Path(folder) / source.folder / name if folder else None
        files.append(own if own and own.exists() else _fetched(source, name))
    train = read_labelled_images(files[0], files[1])
    test = read_labelled_images(files[2], files[3])
    return Digits(source.name, *train, *test)


def _fetched(source: _Source, name: str) -> Path:
    """The file in pooch's cache, downloaded unless it is there with its hash."""
    own = f"put {name} into {source.folder}/ of a folder and set GRAPHGRAD_DATA to it"
    pooch = library("pooch", "pooch", instead=f", or {own}")
    try:
        file = pooch.retrieve(
            source.url + name,
            known_hash=f"sha256:{source.hashes[name]}",
            fname=name,
            path=Path(pooch.os_cache("graphgrad")) / source.folder,
            progressbar=sys.stderr.isatty(),
        )
    except (OSError, ValueError) as error:  # no network, a full disk; a wrong hash
        raise DataError(
            f"{name} of {source.name} cannot be fetched: {error}", remedy=own
        ) from None
    return Path(file)
