"""The layout engine that needs no program: a layered drawing in four steps."""
