"""A training that goes on after an interruption: its state after the last epoch that it finished.

Everything that later steps depend on is kept: weights, moving averages, the states of random
generators, the optimizer's, and the history so far. Batches are functions of the epoch. So a
resumed training ends bit for bit as an uninterrupted one.
"""

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np

from intensity.storage.code_digest import training_versions
from intensity.storage.files import write_aside

ABOUT = "about"
"""The array with what is no array: history and versions."""

DIGEST = hashlib.sha256().digest_size


class Checkpoint:
    """Where one training leaves its state.

    Args:
        path: the file.
        since: Unix time; what is older counts as absent.
    """

    def __init__(self, path: Path, since: float = 0.0) -> None:
        self.path = path
        self.since = since

    def save(self, learner: keras.Model, history: list[dict[str, float]]) -> None:
        """Keep the state after an epoch; that of an earlier epoch is replaced.

        Args:
            learner: the compiled model that learns.
            history: its rows so far, one an epoch.
        """
        about = {"history": history, "versions": _versions()}
        arrays = {str(i): np.asarray(v.numpy()) for i, v in enumerate(_variables(learner))}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays, **{ABOUT: np.array(json.dumps(about))})
        data = buffer.getvalue()
        write_aside(self.path, hashlib.sha256(data).digest() + data)

    def restore(self, learner: keras.Model) -> list[dict[str, float]]:
        """Bring a fresh learner to the state that was kept last.

        Args:
            learner: built and compiled as the one that was kept.

        Returns:
            The history so far; no row where nothing whole is kept, or nothing by these versions.
            The learner is as it was then.
        """
        kept, variables = self._read(), list(_variables(learner))
        arrays = [kept[str(i)] for i in range(len(kept) - 1)]
        if [v.shape for v in variables] != [a.shape for a in arrays]:
            return []
        about = json.loads(str(kept[ABOUT]))
        if about["versions"] != _versions():
            return []
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        history: list[dict[str, float]] = about["history"]
        return history

    def _read(self) -> dict[str, np.ndarray]:
        """The arrays of the file; none where it is missing, too old or damaged."""
        with suppress(OSError):
            content = self.path.read_bytes()
            digest, data = content[:DIGEST], content[DIGEST:]
            whole = hashlib.sha256(data).digest() == digest
            if whole and self.path.stat().st_mtime >= self.since:
                with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                    return {name: arrays[name] for name in arrays.files}
        return {}


def _variables(learner: keras.Model) -> Iterator[Any]:
    yield from learner.variables
    yield from learner.optimizer.variables


def _versions() -> dict[str, str]:
    return training_versions(keras.backend.backend())
