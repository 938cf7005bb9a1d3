"""Which trained networks there are to explore, and a small one where there is none.

Runs of the store count, and those of pretrained/, if they are whole and of the code as it is now.
Nothing here changes the store but `train_small`, which adds a run to it as any sweep does.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from typing import NamedTuple

from intensity.data.scenes import SceneOptions
from intensity.environment import Layout
from intensity.explorer.view import Subject
from intensity.storage import entries
from intensity.storage.store import Store
from intensity.training.presets import SETTINGS, configurations
from intensity.training.runs import Run, run_name
from intensity.training.sweep import train_each
from intensity.values import InvalidInput

HEADLINES = (("bn_compact", "hard"), ("large", "three_bands"), ("small", "three_bands"))
"""Networks and tasks that come first; then all others by name."""

SMALL = configurations(
    {
        "small": {
            "task": "medium",
            "scenes": {
                "setting": "discs",
                "size": 32,
                "areas": (81,),
                "noise": {"kind": "squares", "count": (10, 19)},
            },
            "network": "bn_compact",
            "epochs": 3,
            "epoch_images": 6000,
            "batch": 16,
        }
    },
    seeds=[0],
    validation_images=250,
    test_images=1000,
)["small"][0]
"""What is trained where there is no network: four bands and three classes on small images. About
15 seconds of one core; it then reads more than nine in ten test scenes right."""

SECONDS = "about half a minute"
"""How long `train_small` takes on two cores, start of a worker included."""


class Found(NamedTuple):
    """The networks of a store.

    runs: those that can be explored, by what people call them, the first to show first.
    refused: how many cannot, and why, in one line; empty where there are none.
    """

    runs: dict[str, Run]
    refused: str


def usual_store() -> Store:
    """The store, with pretrained/ before it unless INTENSITY_PRETRAINED names another folder."""
    store = Store()
    return store if store.published else Store(published=Layout().pretrained)


def find_networks(store: Store) -> Found:
    """Networks that can be explored.

    Args:
        store: its runs, and the published ones.
    """
    good: dict[str, Run] = {}
    bad = Counter[str]()
    for run in _runs(store):
        reason = _refusal(run)
        if reason:
            bad[reason] += 1
        else:
            good.setdefault(run.name, run)
    ordered = sorted(good.values(), key=_order)
    titles = Counter(title(run) for run in ordered)
    named = {_unique(run, titles): run for run in ordered}
    reasons = ", ".join(f"{count} {reason}" for reason, count in bad.items())
    return Found(named, f"Networks that do not fit: {reasons}." if bad else "")


def _runs(store: Store) -> Iterator[Run]:
    """All folders that should be runs, published ones first."""
    folders = [store.root / "runs"]
    if store.published is not None:
        folders.insert(0, store.published)
    for folder in folders:
        for path in sorted(folder.glob("[!.]*")):
            if path.is_dir():
                yield Run(path, store)


def _refusal(run: Run) -> str | None:
    """Why a run cannot be explored; nothing where it can, as far as is known without loading it."""
    try:
        if run.name != run_name(run.configuration):
            return "trained by other code"
        title(run)
    except entries.Damaged:
        return "damaged"
    except (InvalidInput, KeyError, TypeError, ValueError):
        return "trained by other code"
    return None


def _order(run: Run) -> tuple[object, ...]:
    """Headlines first, in the settings of the paper, and of one kind those that saw most images."""
    c = run.configuration
    kind = (c.network.name, c.task.name)
    place = HEADLINES.index(kind) if kind in HEADLINES else len(HEADLINES)
    return place, kind, setting_words(c.scenes), -c.recipe.images, c.seed, run.name


def title(run: Run) -> str:
    """A run as people call it: what was trained on what, how long, and how well it does."""
    c = run.configuration
    accuracy = run.metrics["accuracy"]
    return (
        f"{c.network.name} on {c.task.name}, seed {c.seed}: {accuracy:.1%} "
        f"({setting_words(c.scenes)}; {c.recipe.images:,} images)"
    )


def _unique(run: Run, titles: Counter[str]) -> str:
    """A run's title, with the end of its name where another run is called alike."""
    own = title(run)
    return own if titles[own] == 1 else f"{own}, {run.name.rsplit('-', 1)[-1][:6]}"


def setting_words(options: SceneOptions) -> str:
    """Scene options in words: the nearest setting, and what is different from it."""

    def changes(name: str) -> list[str]:
        """Options that differ from those of a setting."""
        known = SETTINGS[name]
        fields = SceneOptions.model_fields
        return [field for field in fields if getattr(options, field) != getattr(known, field)]

    nearest = min(SETTINGS, key=lambda name: len(changes(name)))
    return ", ".join([nearest, *(f"other {field}" for field in changes(nearest))])


def open_network(run: Run) -> Subject:
    """A run's network, ready to be asked.

    Raises:
        InvalidInput: it is damaged, or does not fit what it says of itself.
    """
    try:
        return Subject(run.name, run.model, run.configuration)
    except InvalidInput:
        raise
    except entries.Damaged as error:
        raise InvalidInput(str(error)) from None
    except Exception as error:  # what a file holds that another version wrote is anybody's guess
        reason = " ".join(str(error).split())[:200]
        raise InvalidInput(f"{run.name}: cannot be loaded: {reason}") from None


def train_small(store: Store, tell: Callable[[str], None]) -> Run:
    """Train the small network, unless the store has it.

    Args:
        store: where it is kept.
        tell: is given a line of progress now and then, from any thread.

    Raises:
        TrainingFailed: the training ended with an error.
    """
    with redirect_stderr(_Lines(tell)):
        (run,) = train_each([SMALL], store)
    return run


class _Lines(io.StringIO):
    """A terminal of one line, each state of which is handed on."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Hand lines on to `tell`."""
        super().__init__()
        self._tell = tell

    def write(self, text: str) -> int:
        """Hand on what the terminal would show now."""
        if found := re.search(r"(\d+) % of training", text):
            self._tell(f"{found[1]} %")
        return len(text)
