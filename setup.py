"""The one thing that pyproject.toml cannot say: found packages plus a mapped one.

`find` looks for folders by the name that they are installed under, and `demos/` is
installed as `graphgrad_demos` (pyproject.toml maps it), so that a user's own folder
`demos` never clashes with ours.
"""

from setuptools import find_packages, setup

OURS = ["graphgrad", "graphgrad.*"]

setup(
    packages=[*find_packages(include=OURS), "graphgrad_demos"],
    py_modules=["graphgrad_pytest"],
)
