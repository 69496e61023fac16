"""Machine code from LLVM: optimised for this processor, kept on disk.

Objects are found by a hash of what they follow from, the processor, and the versions of
LLVM and NumPy.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

import llvmlite
import numpy as np
from llvmlite import binding as llvm
from threadpoolctl import ThreadpoolController

from graphgrad.execute.native import cache, kernels

# Code that programs have the addresses of: it is kept as long as the process lives.
_kernels: dict[str, Any] = {}
_lock = Lock()

Written = tuple[str, str]  # a note on some code, and LLVM's text of it


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

    def compiled(self, key: str, write: Callable[[], Written]) -> tuple[str, bytes]:
        """A note and an object, from the cache where they are there.

        Args:
            key: what they follow from.
            write: the note and LLVM's text, which is done if they are not there.
        """
        tools = f"{llvmlite.__version__} {llvm.llvm_version_info} {np.__version__}"
        parts = (key, self.cpu, self.features, tools)
        name = hashlib.sha256("\n".join(parts).encode()).hexdigest()

        def made() -> bytes:
            note, source = write()
            return note.encode() + b"\n" + self._object_of(source)

        note, _, code = cache.entry(name, made).partition(b"\n")
        return note.decode(), code

    def make_known(self, names: Iterable[str], write: Callable[[], Any]) -> None:
        """Have the code of kernels where objects to come find it.

        Args:
            names: of the kernels.
            write: writes what calls them, which tells what they are. It is done if
                that is not known, nor their code kept.
        """
        with _lock:
            new = [name for name in names if name not in _kernels]
            if not new:
                return
            engine = self._engine([self._kernel(name, write) for name in new])
            for name in new:
                llvm.add_symbol(name, engine.get_function_address(name))
                _kernels[name] = engine

    def _kernel(self, name: str, write: Callable[[], Any]) -> bytes:
        @functools.cache
        def written() -> Written:
            if not kernels.is_known(name):
                write()
            return "", kernels.source_of(name)

        return self.compiled(kernels.key_of(name) or written()[1], written)[1]

    def functions_of(self, code: bytes, arguments: Mapping[str, int]) -> dict[str, Any]:
        """An object's functions, as C functions.

        Args:
            code: the object; the kernels that it calls are known.
            arguments: how many words each function takes, an address first, by name.
        """
        engine = self._engine([code])
        found = {}
        for name, count in arguments.items():
            address = engine.get_function_address(name)
            kinds = [ctypes.c_void_p] + [ctypes.c_int64] * (count - 1)
            found[name] = ctypes.CFUNCTYPE(None, *kinds)(address)
            found[name].engine = engine  # keeps the code alive
        return found

    def _engine(self, objects: Iterable[bytes]) -> Any:
        """Code that can be called."""
        engine = llvm.create_mcjit_compiler(
            llvm.parse_assembly(""), self._target_machine()
        )
        for code in objects:
            engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return engine


def threads() -> int:
    """How many threads may work at once: as many as those of BLAS.

    They are set by the environment (``OPENBLAS_NUM_THREADS``, ``OMP_NUM_THREADS``, …),
    and while a program runs by `threadpoolctl`.
    """
    return min([pool.get_num_threads() for pool in _pools()], default=1)


@functools.cache
def _pools() -> list[Any]:
    return ThreadpoolController().select(user_api="blas").lib_controllers
