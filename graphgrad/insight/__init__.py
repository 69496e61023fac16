"""Explaining gradients; see README.md."""
