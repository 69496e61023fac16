"""MNIST is fetched once, believed by its hash, and leaves nothing half-written."""

import gzip
import hashlib
import io
import os
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from graphgrad.data import load_fashion_mnist, load_mnist, mnist
from graphgrad.errors import DataError
from tests.data.files import idx

TRAIN_IMAGES = np.arange(6 * 4).reshape(6, 2, 2)
ARRAYS = (
    TRAIN_IMAGES,
    np.arange(6),
    100 + np.arange(8).reshape(2, 2, 2),
    np.array([7, 8]),
)
CONTENT = {
    name: gzip.compress(idx(array))
    for name, array in zip(mnist._MNIST.hashes, ARRAYS, strict=True)
}
LAST = "t10k-labels-idx1-ubyte.gz"


class Handler(SimpleHTTPRequestHandler):
    cut = False  # send half of what the header promises

    def log_message(self, format, *args):
        pass

    def copyfile(self, source, outputfile):
        content = source.read()
        outputfile.write(content[: len(content) // 2] if self.cut else content)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("GRAPHGRAD_DATA", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def server(tmp_path, cache, monkeypatch):
    """A server on this machine that load_mnist takes for the real one."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(
        mnist, "_MNIST", source(f"http://127.0.0.1:{server.server_port}/")
    )
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def source(url):
    known = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()}
    return mnist._MNIST._replace(url=url, hashes=known)


def nowhere():
    """A source at a port where nobody listens: whoever fetches from it fails."""
    return source("http://127.0.0.1:9/")


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_all_four_files_are_fetched_and_kept(server, cache, monkeypatch):
    digits = load_mnist()
    assert digits.source == "MNIST"
    assert digits.train_images.dtype == np.float32
    np.testing.assert_array_equal(
        digits.train_images, np.float32(TRAIN_IMAGES.reshape(6, 4)) / np.float32(255)
    )
    assert digits.train_labels.dtype == np.int64
    assert digits.train_labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert digits.test_images.shape == (2, 4)
    assert digits.test_labels.tolist() == [7, 8]
    assert files(cache) == sorted(CONTENT)
    monkeypatch.setattr(mnist, "_MNIST", nowhere())
    assert load_mnist().test_labels.tolist() == [7, 8]  # from the cache


def test_a_file_with_another_hash_is_refused_and_not_kept(server, cache):
    (server / LAST).write_bytes(gzip.compress(idx(np.array([7, 9]))))
    with pytest.raises(DataError, match=rf"{LAST} of MNIST.*SHA256.*does not match"):
        load_mnist()
    assert files(cache) == sorted(set(CONTENT) - {LAST})


def test_a_connection_that_breaks_leaves_nothing(server, cache, monkeypatch):
    monkeypatch.setattr(Handler, "cut", True)
    with pytest.raises(DataError, match=r"train-images.* cannot be fetched"):
        load_mnist()
    assert files(cache) == []


def test_a_file_damaged_in_the_cache_is_fetched_again(server, cache):
    load_mnist()
    next(cache.rglob(LAST)).write_bytes(b"damaged")
    assert load_mnist().test_labels.tolist() == [7, 8]


def test_a_file_that_the_server_does_not_have_is_named(server, cache):
    (server / LAST).unlink()
    with pytest.raises(DataError, match=rf"{LAST} of MNIST cannot be fetched: 404"):
        load_mnist()


def test_without_a_network_the_remedy_is_named(cache, monkeypatch):
    monkeypatch.setattr(mnist, "_MNIST", nowhere())
    with pytest.raises(DataError) as caught:
        load_mnist()
    assert "train-images-idx3-ubyte.gz of MNIST cannot be fetched" in str(caught.value)
    assert "set GRAPHGRAD_DATA" in caught.value.remedy
    assert files(cache) == []


def test_without_pooch_the_remedies_are_named(monkeypatch):
    monkeypatch.delenv("GRAPHGRAD_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DataError, match="pooch is not installed") as caught:
        load_mnist()
    assert "pip install" in caught.value.remedy
    assert "GRAPHGRAD_DATA" in caught.value.remedy


@pytest.mark.parametrize("by_environment", [False, True])
@pytest.mark.parametrize(
    ("load", "name", "subfolder"),
    [(load_mnist, "_MNIST", "mnist"), (load_fashion_mnist, "_FASHION", "fashion")],
)
def test_files_of_the_users_are_read_and_not_fetched(
    tmp_path, cache, monkeypatch, load, name, subfolder, by_environment
):
    monkeypatch.setattr(mnist, name, getattr(mnist, name)._replace(url=nowhere().url))
    (tmp_path / subfolder).mkdir()
    for file, content in CONTENT.items():
        (tmp_path / subfolder / file).write_bytes(content)
    if by_environment:
        monkeypatch.setenv("GRAPHGRAD_DATA", str(tmp_path))
    assert load(None if by_environment else tmp_path).test_labels.tolist() == [7, 8]


def test_only_what_the_folder_lacks_is_fetched(tmp_path, server, cache):
    (tmp_path / "mnist").mkdir()
    own = gzip.compress(idx(np.array([1, 2])))
    (tmp_path / "mnist" / LAST).write_bytes(own)
    assert load_mnist(tmp_path).test_labels.tolist() == [1, 2]
    assert files(cache) == sorted(set(CONTENT) - {LAST})


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_is_shown_on_a_terminal(server, monkeypatch, terminal):
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(sys, "stderr", screen)
    load_mnist()
    assert ("%|" in screen.getvalue()) == terminal


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte.gz", LAST])
def test_the_known_hash_is_that_of_a_real_file(name):
    folder = Path(os.environ.get("GRAPHGRAD_DATA", ""))
    file = folder / "mnist" / name
    if not file.exists():
        pytest.skip("GRAPHGRAD_DATA names no folder with MNIST")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == mnist._MNIST.hashes[name]
