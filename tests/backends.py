"""What every backend is held to: each op and each gradient as the reference has it."""

import numpy as np
import pytest
from hypothesis import assume

import graphgrad as gg
from graphgrad.errors import EvaluationError
from graphgrad.ops.catalogue import declared_ops, gradient_kind
from graphgrad.testing import strategies

OPS = [op for op in declared_ops() if op.name != "project"]
SMOOTH = [op for op in OPS if gradient_kind(op) != "none" and not op.multiple]
ROUNDING = {"float16": 2e-3, "float32": 2e-5, "complex64": 2e-5}


def ids(ops):
    return [op.name for op in ops]


def as_list(made):
    return list(made) if isinstance(made, list | tuple) else [made]


def agree(backend, outputs, inputs=(), arrays=()):
    """Shapes, dtypes and values are the reference's; the program, to look at."""
    wanted = gg.compile(outputs, inputs, backend="reference")(*arrays)
    program = gg.compile(outputs, inputs, backend=backend)
    for x, y in zip(wanted, program(*arrays), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        rtol = ROUNDING.get(x.dtype.name, 1e-9)
        size = np.abs(np.where(np.isfinite(x), x, 0)).max(initial=1)
        np.testing.assert_allclose(y, x, rtol=rtol, atol=rtol * size)
    return program


def graph_agrees(backend, graph):
    """A graph of one scalar gives what the reference gives, and so do its gradients.

    Where the reference refuses, as the inverse of a singular matrix, so must it.
    """
    (y,) = graph.outputs
    leaves = [x for x in graph.nodes if not x.inputs and x.differentiable]
    outputs = [y, *gg.grad(y, leaves)]
    try:
        gg.compile(outputs, [], backend="reference")()
    except EvaluationError:
        with pytest.raises(EvaluationError):
            gg.compile(outputs, [], backend=backend)()
    else:
        agree(backend, outputs)


def called(op, arrays, options):
    """The op's results on placeholders, and these; none where it refuses them."""
    places = [gg.placeholder(x.shape, dtype=x.dtype.name) for x in arrays]
    try:
        if op.name == "einsum":
            return as_list(op(options["subscripts"], *places)), places
        return as_list(op(*places, **options)), places
    except gg.GraphgradError:
        assume(False)


def op_agrees(backend, op, data):
    """An op gives what the reference gives, on drawn inputs."""
    arrays = data.draw(strategies.inputs(op.domain))
    made, places = called(op, arrays, data.draw(strategies.options(op.domain)))
    agree(backend, made, places, arrays)


def gradient_agrees(backend, op, data):
    """So do its gradients."""
    arrays = data.draw(strategies.inputs(op.domain))
    ((y, *_), places) = called(op, arrays, data.draw(strategies.options(op.domain)))
    wanted = [x for x in places if x.differentiable]
    if not (y.differentiable and wanted):
        return
    loss = gg.sum(gg.real(y) if y.dtype.kind == "c" else y * 1.5)
    agree(backend, [loss, *gg.grad(loss, wanted)], places, arrays)


def dtype_agrees(backend, op, dtype):
    """So is what it gives for a typical input of another dtype, unless refused."""
    arrays = [np.abs(x).astype(dtype) for x in strategies.typical(op.domain, 2)]
    places = [gg.placeholder(x.shape, dtype=dtype) for x in arrays]
    try:
        made = as_list(op(*places, **op.domain.options[0]))
        gg.compile(made, places, backend="reference")(*arrays)
    except (gg.GraphgradError, ValueError, TypeError):
        return
    agree(backend, made, places, arrays)
