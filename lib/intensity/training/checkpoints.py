"""A training that goes on after an interruption: its state after the last epoch that it finished.

Everything that later steps depend on is kept: weights, moving averages, the states of random
generators, the optimizer's, and the history so far. Batches are functions of the epoch. So what
goes on ends bit for bit as what was never interrupted.
"""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from intensity.storage.code_digest import training_versions
from intensity.storage.files import write_aside

ABOUT = "about"
"""The array with what is no array: the history, the seconds spent, versions."""

DIGEST = hashlib.sha256().digest_size


class Checkpoint:
    """Where one training leaves its state.

    Args:
        path: the file.
        since: Unix time; what is older counts as absent.
    """

    def __init__(self, path: Path, since: float = 0.0) -> None:
        """Remember the place."""
        self.path = path
        self.since = since

    def save(self, learner: keras.Model, history: list[dict[str, float]], seconds: float) -> None:
        """Keep the state after an epoch; that of an earlier epoch is replaced.

        Args:
            learner: the compiled model that learns.
            history: its rows so far, one an epoch.
            seconds: spent so far, in all processes.
        """
        about = {
            "history": history,
            "seconds": seconds,
            "versions": _versions(),
        }
        arrays = {str(i): np.asarray(v.numpy()) for i, v in enumerate(_variables(learner))}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays, **{ABOUT: np.array(json.dumps(about))})
        data = buffer.getvalue()
        write_aside(self.path, hashlib.sha256(data).digest() + data)

    def restore(self, learner: keras.Model) -> tuple[list[dict[str, float]], float]:
        """Bring a fresh learner to the state that was kept last.

        Args:
            learner: built and compiled as the one that was kept.

        Returns:
            History and seconds so far; no row and none where nothing whole is kept, or nothing by
            these versions. The learner is as it was then.
        """
        kept = self._read()
        variables = list(_variables(learner))
        arrays = [kept[str(i)] for i in range(len(kept) - 1)]
        if [v.shape for v in variables] != [a.shape for a in arrays]:
            return [], 0.0
        about = json.loads(str(kept[ABOUT]))
        if about["versions"] != _versions():
            return [], 0.0
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        return about["history"], about["seconds"]

    def _read(self) -> dict[str, np.ndarray]:
        """The arrays of the file; none where it is missing, too old or damaged."""
        try:
            content = self.path.read_bytes()
            if self.path.stat().st_mtime < self.since:
                return {}
        except OSError:
            return {}
        digest, data = content[:DIGEST], content[DIGEST:]
        if hashlib.sha256(data).digest() != digest:
            return {}
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def _variables(learner: keras.Model) -> Iterator[Any]:
    """All that a step of training reads and changes, in an order that the architecture fixes."""
    yield from learner.variables
    yield from learner.optimizer.variables


def _versions() -> dict[str, str]:
    """What may not differ between the epochs of one training."""
    return training_versions(keras.backend.backend())
