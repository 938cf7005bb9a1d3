"""What the store holds, as a list."""

from collections.abc import Iterator
from datetime import datetime

from intensity.storage import entries
from intensity.storage.store import Store
from intensity.training.runs import Run
from intensity.values import InvalidInput


def stored_runs() -> Iterator[str]:
    """A line for each finished run of the store, oldest first, and one about all of it."""
    store = Store()
    root = store.root
    runs = sorted((root / "runs").glob("[!.]*"), key=lambda path: path.lstat().st_mtime)
    for path in runs:
        when = datetime.fromtimestamp(path.lstat().st_mtime)
        yield f"{when:%Y-%m-%d %H:%M}  {_said(Run(path, store))}  {path.name}"
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    yield f"{root}: {len(runs)} runs, {size / 1e6:.1f} MB"


def _said(run: Run) -> str:
    """A run in a few words, with its test accuracy."""
    try:
        c, accuracy = run.configuration, run.metrics["accuracy"]
    except entries.Damaged as error:
        return f"damaged: {error}"
    except (InvalidInput, KeyError):
        return "of other code"
    images = f"{c.recipe.images:,} images"
    return f"{c.network.name:14} {c.task.name:12} seed {c.seed:3} {images:>14} {accuracy:6.1%}"
