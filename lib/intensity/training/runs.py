"""Finished trainings on disk: their names, what they hold, and what is measured on them.

    store/runs/<network>-<task>-<digest>/       config.json history.csv metrics.json
                                                predictions.csv model.keras sha256.json
    store/checkpoints/<name of the run>         how far a training is that has not ended

The digest covers the canonical configuration, the code that trains and its backend.
"""

import hashlib
import io
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec

import pandas as pd

from intensity.data.scenes import SceneOptions
from intensity.environment import Layout, settings
from intensity.storage import entries
from intensity.storage.code_digest import code_digest, provenance, training_versions
from intensity.storage.store import Arrays, Store, digest
from intensity.training.configuration import Configuration
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

    from intensity.training.loop import Trained

P = ParamSpec("P")


@dataclass(frozen=True)
class Run:
    """A finished training, in the store or in pretrained/.

    Args:
        path: its folder.
        store: where measurements on it are kept.
    """

    path: Path
    store: Store = field(default_factory=Store, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The folder's name, by which one run differs from every other."""
        return self.path.name

    @cached_property
    def configuration(self) -> Configuration:
        """What was trained, on what, and how."""
        return Configuration(**self._json("config.json")["configuration"])

    @cached_property
    def trained_with(self) -> dict[str, str]:
        """The versions that trained it: of Keras, its backend, numba and numpy."""
        record = self._json("config.json")
        return training_versions(record.get("backend"), record.get("versions", {}))

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Test metrics, and the seconds that training took."""
        return self._json("metrics.json")

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row an epoch: images, loss, accuracy, validation_loss, validation_accuracy."""
        return pd.read_csv(self._open("history.csv"))

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Test scenes counted by intensity, label and predicted class."""
        return pd.read_csv(self._open("predictions.csv"))

    @cached_property
    def weights(self) -> str:
        """SHA-256 of the network's weights: a training may end in others on another machine."""
        with zipfile.ZipFile(self._open("model.keras")) as archive:
            return hashlib.sha256(archive.read("model.weights.h5")).hexdigest()

    @cached_property
    def model(self) -> "keras.Model":
        """The trained network, loaded when first needed."""
        import keras  # costs seconds, and most uses of a run need its tables only

        self._open("model.keras")  # is it what was written?
        return keras.models.load_model(self.path / "model.keras", compile=False)

    def _open(self, name: str) -> io.BytesIO:
        return io.BytesIO(entries.read(self.path, name))

    def _json(self, name: str) -> dict[str, Any]:
        record: dict[str, Any] = json.load(self._open(name))
        return record

    def measure(
        self,
        function: "Callable[Concatenate[keras.Model, P], Arrays]",
        *arguments: P.args,
        **options: P.kwargs,
    ) -> Arrays:
        """What a function of the network returns; computed once, then read from the store.

        Args:
            function: called as `function(model, *arguments, **options)`; returns arrays by name.
            arguments: as for `Store.measure`.
            options: likewise, by keyword.

        Raises:
            InvalidInput: as for `Store.measure`.
        """
        given = ({"run": self.name, "weights": self.weights}, *arguments)
        return self.store.once(
            function, lambda: function(self.model, *arguments, **options), given, options
        )


def training_code() -> str:
    """What trains networks here: the digest of the code, and the backend if it is no TensorFlow."""
    code, backend = code_digest("intensity.training.loop"), settings().backend
    return code if backend == "tensorflow" else f"{code} on {backend}"


def run_name(configuration: Configuration) -> str:
    """The name of a training's run, here and now: by configuration, code and backend."""
    name = digest(configuration.canonical(), training_code())
    return f"{configuration.network.name}-{configuration.task.name}-{name}"


def find_run(name: str, store: Store) -> Run | None:
    """The finished run of a name, published or in the store, if it is whole."""
    path = store.find_published(name) or store.find("runs", name)
    return Run(path, store) if path else None


def usual_store() -> Store:
    """The store, with pretrained/ before it unless INTENSITY_PRETRAINED names another folder."""
    store = Store()
    return store if store.published else Store(published=Layout().pretrained)


class Listing(NamedTuple):
    """The runs of a store, published ones first.

    runs: those of the current code that are whole, by name.
    refused: how many others there are, and why; empty where there are none.
    """

    runs: dict[str, Run]
    refused: str


def list_runs(store: Store) -> Listing:
    """The runs of a store that can be used, published ones included."""
    runs, bad = dict[str, Run](), Counter[str]()
    for folder in filter(None, (store.published, store.root / "runs")):
        for path in filter(Path.is_dir, sorted(folder.glob("[!.]*"))):
            run = Run(path, store)
            if reason := _refusal(run):
                bad[reason] += 1
            else:
                runs.setdefault(run.name, run)
    return Listing(runs, ", ".join(f"{count} {reason}" for reason, count in bad.items()))


def _refusal(run: Run) -> str | None:
    """Why a run cannot be used, as far as is known without loading its network."""
    with suppress(InvalidInput, KeyError, TypeError, ValueError):
        try:
            if run.name == run_name(run.configuration) and "accuracy" in run.metrics:
                return None
        except entries.Damaged:
            return "damaged"
    return "trained by other code"


def choose_run(
    store: Store, network: str, task: str, scenes: SceneOptions, seed: int | None = None
) -> Run:
    """The run of a network, task, scenes and seed; of several, the one that saw most images.

    Args:
        store: its runs, and the published ones.
        network: the architecture's name.
        task: the task's name.
        scenes: what it was trained on.
        seed: of the training; none for the least that there is.

    Raises:
        InvalidInput: there is none; the line says which there are on such scenes.
    """
    listing, there = list_runs(store), dict[tuple[str, str, int], list[Run]]()
    for run in listing.runs.values():
        c = run.configuration
        if c.scenes == scenes:
            there.setdefault((c.network.name, c.task.name, c.seed), []).append(run)
    seeds = sorted(number for one, other, number in there if (one, other) == (network, task))
    seed = seeds[0] if seed is None and seeds else seed
    if seed not in seeds:
        names = "; ".join(f"{one}, {other}, {number}" for one, other, number in sorted(there))
        refused = f" ({listing.refused} cannot be used)" if listing.refused else ""
        raise InvalidInput(
            f"network, task, seed: {network}, {task}, {'any' if seed is None else seed} is not "
            "trained on such scenes"
            f"{refused}; there are: {names or 'none'}"
        )
    return max(there[network, task, seed], key=lambda run: run.configuration.recipe.images)


def add_run(name: str, files: Mapping[str, bytes], store: Store) -> Run:
    """Keep a finished run (files as from `pack`); drop what its training has kept on its way."""
    path = store.add("runs", name, files)
    (store.checkpoints / name).unlink(missing_ok=True)
    return Run(path, store)


def pack(configuration: Configuration, trained: "Trained") -> dict[str, bytes]:
    """The files of a run, by name: what was trained, by what, and what came of it."""
    record = {
        "configuration": configuration.model_dump(mode="json"),
        "code": code_digest("intensity.training.loop"),
        **provenance(),
    }
    with tempfile.TemporaryDirectory() as folder:
        trained.model.save(Path(folder) / "model.keras")
        model = (Path(folder) / "model.keras").read_bytes()
    return {
        "config.json": json.dumps(record, indent=2, sort_keys=True).encode(),
        "history.csv": trained.history.to_csv(index=False).encode(),
        "metrics.json": json.dumps(trained.metrics, indent=2, sort_keys=True).encode(),
        "predictions.csv": trained.predictions.to_csv(index=False).encode(),
        "model.keras": model,
    }
