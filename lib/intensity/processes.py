"""Processes that compute: how many side by side, and the environment in which they are started."""

import os

FAST = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": str(2**28),
    "MALLOC_TRIM_THRESHOLD_": str(2**34),
    "TF_ENABLE_ONEDNN_OPTS": "1",
}
"""Twice as fast on one processor. Memory that a step has freed is kept for the next one, since
giving it back and getting it again, page by page, costs a third of a training; and TensorFlow uses
oneDNN's kernels, which it does by itself on the newest processors only."""

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""Sums, and so weights, must not depend on the number of threads."""


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
