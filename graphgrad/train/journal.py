"""Finished trials of a search in a file, Optuna's journal: a line of JSON for each.

A line is written when a trial is finished, by one process, so that a search that is
killed leaves whole trials, and at most the beginning of a line.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graphgrad.errors import DataError
from graphgrad.files import write_whole

_STUDY = "graphgrad"  # the name of the one study in a journal


class _Held:
    """Optuna's lock of a journal, which `journal` holds as long as it is open."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return


@contextmanager
def journal(
    path: str | Path, settings: Mapping[str, Any], direction: Any
) -> Iterator[Any]:
    """The Optuna study that a journal keeps, for this process alone.

    Args:
        path: of the file, which is made if it is not there.
        settings: what the search is, as JSON has it; another search is refused.
        direction: "minimize" or "maximize".

    Raises:
        DataError: if the file is damaged, of another search, or in use.
    """
    file = Path(path)
    if not file.exists():
        write_whole(file, _empty(settings, direction), DataError)
    with _alone(file):
        yield _study(file, settings)


def _empty(settings: Mapping[str, Any], direction: Any) -> bytes:
    """A journal without trials."""
    import optuna

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "journal")
        study = optuna.create_study(
            study_name=_STUDY, storage=_storage(file), direction=direction
        )
        study.set_user_attr("settings", dict(settings))
        return file.read_bytes()


def _storage(file: Path) -> Any:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    held: Any = _Held()
    return JournalStorage(JournalFileBackend(str(file), lock_obj=held))


def _study(file: Path, settings: Mapping[str, Any]) -> Any:
    import optuna

    try:
        study = optuna.load_study(study_name=_STUDY, storage=_storage(file))
        known = study.user_attrs.get("settings")
    except Exception as error:  # whatever a damaged line leads Optuna to
        raise DataError(
            f"{file.name} cannot be read as the journal of a search: {error!r}",
            remedy="choose another file, or remove this one and search anew",
        ) from None
    _require_same(file, known if isinstance(known, dict) else {}, settings)
    content = file.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):  # what a search that was killed had begun to write
        os.truncate(file, whole)
    return study


def _require_same(
    file: Path, known: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    for name, here in settings.items():
        there = known.get(name)
        if there != here:
            raise DataError(
                f"{file.name} is of another search: its {name} is {there}, not {here}",
                remedy="choose another file, or search as before",
            )


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes from the file; the lock ends with this process.

    Raises:
        DataError: if another process has it.
    """
    try:
        stream = file.open("r+b")
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror}") from None
    with stream:
        try:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass  # Windows has no such lock
        except OSError:
            raise DataError(
                f"{file.name} is in use by another search",
                remedy="wait for it, or choose another file; workers=n share one",
            ) from None
        yield
