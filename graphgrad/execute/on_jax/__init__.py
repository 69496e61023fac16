"""The JAX backend: a graph as one JAX function, from the ops' own forward rules."""
