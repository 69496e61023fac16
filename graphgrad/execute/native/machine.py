"""Machine code from LLVM: optimised for this processor, kept on disk.

Objects are found by a hash of their source, the processor and LLVM's version. A file
that is damaged or of others is ignored and made anew; writes are atomic.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import llvmlite
from llvmlite import binding as llvm
from threadpoolctl import ThreadpoolController

from graphgrad.execute.native import kernels

_MAGIC = b"graphgrad object 2\n"
# Code that programs have the addresses of: it is kept as long as the process lives.
_kernels: dict[str, Any] = {}
_lock = Lock()
_LARGEST = 256 << 20  # bytes of all objects that are kept


class Machine:
    """This processor, for which code is made."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.cpu = llvm.get_host_cpu_name()
        # Registers of 512 bits where there are any: our loops are long.
        self.features = llvm.get_host_cpu_features().flatten() + ",-prefer-256-bit"
        self._target = llvm.Target.from_default_triple()

    def _target_machine(self) -> Any:
        return self._target.create_target_machine(
            cpu=self.cpu,
            features=self.features,
            opt=3,
            # Code and constants may come to lie further apart than 2 GB, where a
            # process has much memory: addresses of 32 bits would abort it.
            reloc="static",
            codemodel="large",
        )

    def _object_of(self, source: str) -> bytes:
        """Parse, verify, optimise, assemble."""
        module = llvm.parse_assembly(source)
        module.verify()  # an invalid intrinsic would crash the optimiser
        machine = self._target_machine()
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        options.loop_vectorization = options.slp_vectorization = True
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        return machine.emit_object(module)

    def load(
        self, source: str, arguments: Mapping[str, int], called: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Functions of a module's source, as C functions.

        Args:
            source: LLVM's text.
            arguments: how many words each function takes, an address first, by name.
            called: the kernels that it calls.
        """
        for name in called:
            self._make_known(name)
        engine = self._engine(source, lambda: source)
        found = {}
        for name, count in arguments.items():
            address = engine.get_function_address(name)
            kinds = [ctypes.c_void_p] + [ctypes.c_int64] * (count - 1)
            found[name] = ctypes.CFUNCTYPE(None, *kinds)(address)
            found[name].engine = engine  # keeps the code alive
        return found

    def _make_known(self, name: str) -> None:
        """Have a kernel's code where modules to come find it."""
        with _lock:
            if name in _kernels:
                return
            engine = self._engine(
                kernels.key_of(name), partial(kernels.source_of, name)
            )
            llvm.add_symbol(name, engine.get_function_address(name))
            _kernels[name] = engine

    def _engine(self, key: str, source: Callable[[], str]) -> Any:
        """Code that can be called.

        Args:
            key: what it follows from.
            source: writes it, which is done if it is not kept already.
        """
        engine = llvm.create_mcjit_compiler(
            llvm.parse_assembly(""), self._target_machine()
        )
        kept = self._kept(key, source)
        engine.add_object_file(llvm.ObjectFileRef.from_data(kept))
        engine.finalize_object()
        return engine

    def _kept(self, key: str, source: Callable[[], str]) -> bytes:
        """The object, from the cache where it is there."""
        folder = cache_folder()
        if folder is None:
            return self._object_of(source())
        parts = (key, self.cpu, self.features, llvmlite.__version__)
        name = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        path = folder / f"{name}.o"
        known = _read(path)
        if known is not None:
            return known
        code = self._object_of(source())
        _write(path, code)
        return code


def threads() -> int:
    """How many threads may work at once: as many as those of BLAS.

    They are set by the environment (``OPENBLAS_NUM_THREADS``, ``OMP_NUM_THREADS``, …),
    and while a program runs by `threadpoolctl`.
    """
    return min([pool.get_num_threads() for pool in _pools()], default=1)


@cache
def _pools() -> list[Any]:
    return ThreadpoolController().select(user_api="blas").lib_controllers


def cache_folder() -> Path | None:
    """Where objects are kept; None if they are not (``GRAPHGRAD_CACHE=off``)."""
    chosen = os.environ.get("GRAPHGRAD_CACHE", "")
    if chosen == "off":
        return None
    root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(chosen or f"{root}/graphgrad").expanduser()


def _read(path: Path) -> bytes | None:
    """The object in a file of ours; None if it is not whole, or somebody else's."""
    try:
        status = path.stat()
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            return None
        content = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + 32
    code = content[head:]
    if content[:head] != _MAGIC + hashlib.sha256(code).digest():
        return None
    with contextlib.suppress(OSError):  # a folder that can be read alone
        os.utime(path)
    return code


def _write(path: Path, code: bytes) -> None:
    """Write an object for others to find; a full or read-only disk is no fault."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(code).digest() + code)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _make_room(path.parent)
    except OSError:
        return


def _make_room(folder: Path) -> None:
    """Delete what was not used for longest, beyond what the cache may hold."""
    known = [(path.stat(), path) for path in folder.glob("*.o")]
    room = _LARGEST
    for status, path in sorted(known, key=lambda pair: -pair[0].st_mtime_ns):
        room -= status.st_size
        if room < 0:
            path.unlink(missing_ok=True)
