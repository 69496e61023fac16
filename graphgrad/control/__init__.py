"""Ops that apply a function of the user: scan, cond, while_loop, checkpoint."""
