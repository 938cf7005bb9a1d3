"""Kill a small run at random moments, and compare what it then leaves with one undisturbed.

    python benchmarks/faults.py [KILLS]

Half of the kills are of the engine and its workers together, half of one worker; the run is that of
tests/test_faults.py, which kills it at fixed moments. Weights, histories, predictions, metrics,
results.json, the figures and the data behind them have to be identical. Exit code 1 where anything
is not.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from test_faults import VICTIMS, disturbed, finish, small_checkout, start


def killed(checkout: Path, victim: str, moment: float) -> dict[str, str] | None:
    """What a run leaves that is killed after so many seconds; None if that was too late."""
    end = time.monotonic() + moment
    return disturbed(checkout, victim, lambda: time.monotonic() >= end)


def main(kills: int) -> int:
    """Kill so many times; the exit code."""
    identical = 0
    with tempfile.TemporaryDirectory(prefix="intensity-faults-") as folder:
        checkout = small_checkout(Path(folder))
        began = time.monotonic()
        undisturbed = finish(start(checkout), checkout)
        lasts = time.monotonic() - began
        print(f"undisturbed: {lasts:.1f} s, {len(undisturbed)} results")
        for kill in range(kills):
            victim, moment = VICTIMS[kill % 2], random.uniform(0.05, 0.8) * lasts
            while (found := killed(checkout, victim, moment)) is None:
                moment /= 2  # it was over, or its workers were gone
            other = [
                name for name in undisturbed | found if undisturbed.get(name) != found.get(name)
            ]
            identical += not other
            said = f"differ: {', '.join(sorted(other))}" if other else "identical"
            print(f"{kill + 1:3} {victim} killed after {moment:.1f} s: {said}", flush=True)
    print(f"{identical} of {kills} ended as if nothing had happened")
    return 0 if identical == kills else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 20))
