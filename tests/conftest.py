"""What every test runs under: one BLAS thread, a Hypothesis profile, clean state."""

import os

# Before NumPy is imported: OpenBLAS reads these once, when it is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ["GRAPHGRAD_CACHE"] = "off"  # tests leave nothing in anybody's home

import numpy as np
import pytest
from hypothesis import settings

# dev: quick, new examples each time. ci: the same examples each time, so that a red run
# is about the change; and no deadline, for its machines are shared. intense: by hand.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("intense", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
)


@pytest.fixture(autouse=True)
def _numpy_state_unchanged():
    """Fails the test that leaves NumPy's error or print settings changed."""
    before = np.geterr(), np.get_printoptions()
    yield
    assert (np.geterr(), np.get_printoptions()) == before, "the test leaked NumPy state"
