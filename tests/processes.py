"""What a program writes in processes that hash strings differently."""

import subprocess
import sys


def outputs(code):
    """The different outputs of a program, one if it is the same everywhere."""
    return {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
