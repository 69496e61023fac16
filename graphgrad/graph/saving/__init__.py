"""Graphs as JSON, text and networkx graphs, and back; see README.md."""

from graphgrad.graph.saving.document import from_json, to_json
from graphgrad.graph.saving.network import from_networkx, to_networkx
from graphgrad.graph.saving.text import from_text, shown, to_text

# What `Graph` has as methods.
FORMS = {
    "to_json": to_json,
    "from_json": staticmethod(from_json),
    "to_text": to_text,
    "from_text": staticmethod(from_text),
    "to_networkx": to_networkx,
    "from_networkx": staticmethod(from_networkx),
    "__str__": shown,
}
