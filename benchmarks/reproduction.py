"""How long ./run_all.sh takes in a fresh clone: cold, and again when all is in the store.

    python benchmarks/reproduction.py [--profile standard]

The standard profile takes most of an hour. The environment is made anew, from the package cache.
"""

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from record import keep

from intensity.values import ROOT

OUTSIDE = ("VIRTUAL_ENV", "CONDA_PREFIX", "INTENSITY_STORE", "PYTHONPATH")
"""What would lend the clone an environment or a store."""


def seconds(clone: Path, profile: str) -> float:
    """Of one run."""
    environment = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    command = ["./run_all.sh", "--profile", profile]
    start = time.perf_counter()
    subprocess.run(command, cwd=clone, env=environment, check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Run twice and keep both times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", default="smoke", choices=["smoke", "standard"])
    profile = parser.parse_args().profile
    nothing = {"peer": None, "ratio": None, "peer_name": "none", "peer_version": ""}
    with tempfile.TemporaryDirectory() as place:
        clone = Path(place) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        times = {state: seconds(clone, profile) for state in ("cold", "warm")}
    keep(
        [
            {
                "name": f"run_all, {profile}, {state}",
                "ours": value,
                "unit": "s",
                "max_difference": None,
                **nothing,
            }
            for state, value in times.items()
        ]
    )


if __name__ == "__main__":
    main()
