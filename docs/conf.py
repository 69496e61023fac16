"""Sphinx settings. Every code cell runs at each build: a page that fails, fails it."""

import graphgrad

project = "graphgrad"
author = "the graphgrad authors"
copyright = "2026, the graphgrad authors"
release = version = graphgrad.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_build", "jupyter_execute", "README.md"]

html_theme = "furo"
html_title = f"graphgrad {version}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_numpy_docstring = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

nb_execution_mode = "force"  # never a picture from an older graphgrad
nb_execution_raise_on_error = True
nb_execution_timeout = 120
