"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
import time
from pathlib import Path

from graphgrad.errors import GraphgradError

_PART = ".part"
IMPORTED = time.time()  # about when this package was: files may have changed since


def write_whole(path: str | Path, content: bytes, kind: type[GraphgradError]) -> None:
    """Write a file in one step: whoever looks sees the old one or the new one.

    Args:
        path: of the file.
        content: all of it.
        kind: of the error, if it cannot be written; an older file stays as it was.
    """
    file = Path(path)
    try:
        handle, name = tempfile.mkstemp(
            dir=file.parent, prefix=f".{file.name}.", suffix=_PART
        )
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            mask = os.umask(0)  # mkstemp makes private files; give it the usual rights
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _settle(file.parent)
    except OSError as error:
        raise kind(
            f"{file} cannot be written: {error.strerror or error}",
            remedy="choose a folder that is there and may be written to",
        ) from None


def clear_parts(path: str | Path) -> None:
    """Remove what writers of a file left half written when they were killed."""
    file = Path(path)
    for part in file.parent.glob(f".{glob.escape(file.name)}.????????{_PART}"):
        part.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Make the new name last, where folders can be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
