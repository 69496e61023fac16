"""Derivatives of graphs; see README.md."""
