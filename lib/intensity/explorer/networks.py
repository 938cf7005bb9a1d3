"""The trained networks that can be explored, and a small one where there is none.

They are the undamaged runs of the current code, in the store and in pretrained/. Only `train_small`
changes the store: it adds a run, as any sweep does.
"""

import io
import re
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr

from intensity.data.scenes import SceneOptions
from intensity.explorer.view import Subject
from intensity.storage import entries
from intensity.storage.store import Store
from intensity.training.presets import SETTINGS, configure
from intensity.training.runs import Listing, Run, list_runs
from intensity.training.sweep import train_each
from intensity.values import InvalidInput

HEADLINES = (("bn_compact", "hard"), ("large", "three_bands"), ("small", "three_bands"))
"""Networks and tasks that come first; then all others by name."""

SMALL = configure(
    task="medium",
    scenes={
        "setting": "discs",
        "size": 32,
        "areas": (81,),
        "noise": {"kind": "squares", "count": (10, 19)},
    },
    network="bn_compact",
    recipe={"epochs": 3, "epoch_images": 6000, "batch": 16},
    validation_images=250,
    test_images=1000,
)
"""What is trained where there is no network: four bands and three classes on small images, 15
seconds of one core, more than nine in ten test scenes correct."""

SECONDS = "about half a minute"
"""How long `train_small` takes on two cores, start of a worker included."""


def find_networks(store: Store) -> Listing:
    """The networks that can be explored by title, in the order of the page; a line on others."""
    good, bad = list_runs(store)
    titles = Counter(map(run_title, good.values()))
    named = {}
    for run in sorted(good.values(), key=_order):
        end = "" if titles[run_title(run)] == 1 else f", {run.name.rsplit('-', 1)[-1][:6]}"
        named[run_title(run) + end] = run
    return Listing(named, f"Networks that do not fit: {bad}." if bad else "")


def _order(run: Run) -> tuple[object, ...]:
    """Headlines first; of one kind, known settings and long trainings first."""
    c = run.configuration
    kind = (c.network.name, c.task.name)
    place = HEADLINES.index(kind) if kind in HEADLINES else len(HEADLINES)
    return place, kind, setting_words(c.scenes), -c.recipe.images, c.seed, run.name


def run_title(run: Run) -> str:
    """Network, task, seed, test accuracy, scenes and training length of a run, in words."""
    c = run.configuration
    accuracy = run.metrics["accuracy"]
    return (
        f"{c.network.name} on {c.task.name}, seed {c.seed}: {accuracy:.1%} "
        f"({setting_words(c.scenes)}; {c.recipe.images:,} images)"
    )


def setting_words(options: SceneOptions) -> str:
    """Scene options in words: the nearest setting, and what differs from it."""
    shown = options.model_dump()  # without the words of a preset
    changed = {
        name: [
            f"other {field}"
            for field in shown
            if getattr(options, field) != getattr(setting, field)
        ]
        for name, setting in SETTINGS.items()
    }
    nearest = min(changed, key=lambda name: len(changed[name]))
    return ", ".join([nearest, *changed[nearest]])


def open_network(run: Run) -> Subject:
    """The network of a run.

    Raises:
        InvalidInput: it is damaged, or does not fit its configuration.
    """
    try:
        return Subject(run.name, run.model, run.configuration)
    except InvalidInput:
        raise
    except entries.Damaged as error:
        raise InvalidInput(str(error)) from None
    except Exception as error:  # another version may have written anything
        reason = " ".join(str(error).split())[:200]
        raise InvalidInput(f"{run.name}: cannot be loaded: {reason}") from None


def train_small(store: Store, report: Callable[[str], None]) -> Run:
    """Train the small network, unless the store has it.

    Args:
        store: where it is kept.
        report: is given the progress, for example "40 %", from any thread.

    Raises:
        TrainingFailed: the training ended with an error.
    """
    with redirect_stderr(_Progress(report)):
        (run,) = train_each([SMALL], store)
    return run


class _Progress(io.StringIO):
    """In place of a terminal: passes on how much of the training is done."""

    def __init__(self, report: Callable[[str], None]) -> None:
        super().__init__()
        self._report = report

    def write(self, text: str) -> int:
        """Find the progress in what a terminal would show."""
        if found := re.search(r"(\d+) % of training", text):
            self._report(f"{found[1]} %")
        return len(text)
