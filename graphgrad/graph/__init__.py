"""Tensors, ops and graphs; see README.md."""
