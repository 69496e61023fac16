"""What is kept on disk for processes to come: machine code, and notes on it.

A file that is damaged or of others is ignored and made anew; writes are atomic.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from graphgrad.files import IMPORTED

_MAGIC = b"graphgrad object 3\n"
_LARGEST = 256 << 20  # bytes of all files that are kept


def folder() -> Path | None:
    """Where it is kept; None if nothing is (``GRAPHGRAD_CACHE=off``)."""
    chosen = os.environ.get("GRAPHGRAD_CACHE", "")
    if chosen == "off":
        return None
    root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(chosen or f"{root}/graphgrad").expanduser()


def sources() -> str:
    """A hash of this package's files; empty where nothing is kept, or they say nothing.

    So in an installation without them, and when they changed after they were imported:
    the code that this process writes is that of the old ones.
    """
    return _hashed() if folder() else ""


@cache
def _hashed() -> str:
    found, root = hashlib.sha256(), Path(__file__).parents[2]
    places = sorted(
        os.path.join(within, name)
        for within, _, names in os.walk(root)
        for name in names
        if name.endswith(".py") and name[0] != "."
    )
    try:
        for place in places:
            content = Path(place).read_bytes()
            # Not the time of writing, which whoever brings a file may set.
            if os.stat(place).st_ctime > IMPORTED:
                return ""
            found.update(f"{os.path.relpath(place, root)} {len(content)}\n".encode())
            found.update(content)
    except OSError:
        return ""
    return found.hexdigest() if places else ""


def entry(name: str, make: Callable[[], bytes]) -> bytes:
    """What has a name, from the cache where it is there; else it is made, and kept."""
    place = folder()
    if place is None:
        return make()
    path = place / f"{name}.o"
    known = _read(path)
    if known is None:
        known = make()
        _write(path, known)
    return known


def _read(path: Path) -> bytes | None:
    """What is in a file of ours; None if it is not whole, or somebody else's."""
    try:
        status = path.stat()
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            return None
        whole = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + 32
    content = whole[head:]
    if whole[:head] != _MAGIC + hashlib.sha256(content).digest():
        return None
    with contextlib.suppress(OSError):  # a folder that can be read alone
        os.utime(path)
    return content


def _write(path: Path, content: bytes) -> None:
    """Write it for others to find; a full or read-only disk is no fault."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(content).digest() + content)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _make_room(path.parent)
    except OSError:
        return


def _make_room(place: Path) -> None:
    """Delete what was not used for longest, beyond what the cache may hold."""
    known = [(path.stat(), path) for path in place.glob("*.o")]
    room = _LARGEST
    for status, path in sorted(known, key=lambda pair: -pair[0].st_mtime_ns):
        room -= status.st_size
        if room < 0:
            path.unlink(missing_ok=True)
