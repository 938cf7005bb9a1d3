"""One library in a process of its own: reads requests, a line of JSON each, and answers in kind.

A process of its own keeps libraries that pin different versions apart, and its peak memory is that
of one library alone. While it waits for the next line it takes no processor time, so processes can
take turns.

    python peers/serve.py LIBRARY FOLDER THREADS

The folder holds the exported network and the images; see `export` in attribution.py.
"""

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np


def main() -> None:
    """Answer until the input ends."""
    library, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    os.environ |= {
        "OMP_NUM_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not mix with answers
    start = time.perf_counter()
    peer = importlib.import_module(library).Peer(folder, threads)
    print(
        json.dumps({"ready": time.perf_counter() - start, "versions": peer.versions}), file=answers
    )
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(answer(peer, folder, request)), file=answers)


def answer(peer: object, folder: Path, request: dict[str, object]) -> dict[str, object]:
    """Explain some images once: seconds, where the maps lie, and the peak memory so far."""
    data = np.load(folder / "images.npz")
    count = int(request["images"])
    images, classes = data["images"][:count], data["classes"][:count]
    start = time.perf_counter()
    try:
        maps = getattr(peer, request["method"])(images, classes, **request["options"])
    except MemoryError as error:
        return {"error": str(error)}
    seconds = time.perf_counter() - start
    if "save" in request:
        np.save(folder / request["save"], np.asarray(maps, dtype=np.float32))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
