"""The repository keeps its habits: sizes, names, lazy imports, one version."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import graphgrad

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "graphgrad"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50

# Loaded where they are used: `import graphgrad` must stay quick and need none of them.
LAZY = (
    "hypothesis",
    "jax",
    "llvmlite",
    "matplotlib",
    "networkx",
    "onnx",
    "optuna",
    "pooch",
    "pytest",
    "safetensors",
    "scipy.stats",
    "sklearn",
    "tqdm",
)

# A place on someone's machine: it means nothing in a clone.
MACHINE_PATH = re.compile(rb"(?<![\w.~-])/(?:home|root|work|Users)/\w")


def _functions(tree):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return (node for node in ast.walk(tree) if isinstance(node, kinds))


def test_version_is_the_same_in_the_package_and_in_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert graphgrad.__version__ == project["project"]["version"]


def test_files_are_short():
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_bytes().splitlines())
        for path in MODULES
    }
    assert {p: n for p, n in sizes.items() if n > MAX_FILE_LINES} == {}


def test_functions_are_short():
    sizes = {
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {node.name}": (
            node.end_lineno - node.lineno + 1
        )
        for path in MODULES
        for node in _functions(ast.parse(path.read_bytes()))
    }
    assert {f: n for f, n in sizes.items() if n > MAX_FUNCTION_LINES} == {}


def test_no_module_is_a_drawer_for_everything():
    assert [p for p in MODULES if {"utils", "utils.py"} & set(p.parts)] == []


def test_every_folder_with_code_is_a_package():
    folders = {path.parent for path in MODULES}
    assert [f for f in folders if not (f / "__init__.py").exists()] == []


def test_import_loads_no_optional_library():
    code = f"import sys, graphgrad; print(*sorted({set(LAZY)!r} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split() == []


def test_tracked_files_name_no_machine_path():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in listed.stdout.decode().split("\0") if name]
    found = {
        name: match.group().decode()
        for name in names
        if (ROOT / name).is_file()
        and (match := MACHINE_PATH.search((ROOT / name).read_bytes()))
    }
    assert found == {}
