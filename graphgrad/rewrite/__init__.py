"""Rewrites: graphs of the same values that cost less, and where each node came from."""
