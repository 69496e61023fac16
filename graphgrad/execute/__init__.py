"""Evaluating graphs; see README.md."""
