"""What the measured verdicts mean, in words: the text of the last notebook.

For every claim there is one sentence for each verdict, written before the verdict is known.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from intensity.results import gather
from intensity.values import ROOT, InvalidInput

MEANINGS: dict[str, tuple[str, str]] = {
    "C1": (
        "Both networks of the published summary learn its three bands.",
        "At least one network of the published summary does not learn its three bands as well as "
        "claimed with this recipe.",
    ),
    "C2": (
        "A small network learns the non-monotonic function: intensity can be a class cue as such.",
        "With this recipe the non-monotonic function is not learned as well as claimed.",
    ),
    "C3": (
        "Where noise hides single pixels, the network does better than any reader without layout "
        "could: it uses where the pixels are.",
        "The network is no better than the best reader without layout: nothing shows that it uses "
        "where the pixels are.",
    ),
    "C5": (
        "Averaging grey levels does not solve the authors' task, but a mean of a code for each "
        "grey level does: a network needs neither shape nor layout for it.",
        "The division between averaging and coding each grey level does not come out as expected.",
    ),
    "C6": (
        "Errors sit at the class boundaries: what is wrong is where the thresholds lie, not the "
        "function.",
        "Errors do not gather at the class boundaries: something else than imprecise thresholds "
        "is wrong.",
    ),
    "C7": (
        "The logits follow the label function, with crossings close to the true boundaries.",
        "The logits follow the label function less closely than claimed.",
    ),
    "C8": (
        "Depth does more than parameters: the deeper network is better with under a third of them.",
        "The deeper network is not better by the margin claimed.",
    ),
    "C9": (
        "Training on a non-monotonic function makes deep units non-monotonic; it is no property of "
        "the architecture.",
        "Deep units do not become non-monotonic as claimed, or are so without such training.",
    ),
}
"""For each claim what it means that it is reproduced, and that it is not."""

PICTURES = "shown in figures, decided by no claim yet"
UNMEASURED = "not measured yet"

CONCLUSIONS: tuple[tuple[str, tuple[str, ...] | str], ...] = (
    ("A network can learn a class that hangs on intensity alone", ("C1", "C2")),
    ("A deeper network does better, with fewer parameters", ("C8",)),
    (
        "Early channels respond monotonically, later ones follow the class boundaries, and logits "
        "are not monotone",
        ("C9", "C7"),
    ),
    ("The class-response curve is a square wave that crosses at the boundaries", ("C7",)),
    ("Errors sit at the class boundaries", ("C6",)),
    ("Gradient saliency and occlusion show where a network looks", PICTURES),
    ("Batch norm and ReLU act as thresholds of intensity", PICTURES),
    ("Single pixels move logits monotonically: the network averages over the object", UNMEASURED),
)
"""What the paper and its authors concluded, and the claims that bear on it, or why none does."""


def findings(output: str | Path) -> dict[str, Any]:
    """Merged results for the discussion.

    Args:
        output: the run's folder. Where it holds no measurement, as when the notebook is opened by
            itself, the newest of runs/ that holds some is read.

    Returns:
        As `results.gather`.

    Raises:
        InvalidInput: no run has measured anything yet.
    """
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    runs = sorted((ROOT / "runs").glob("*/results"), key=lambda path: -path.stat().st_mtime)
    for folder in (output, *(path.parent for path in runs)):
        merged = gather(folder, notebooks)
        if merged["measurements"]:
            return merged
    raise InvalidInput(f"output: {output} holds no results; run the other notebooks first")


def overview(found: Mapping[str, Any]) -> str:
    """How many claims were judged, and how, as Markdown."""
    counts = Counter(claim["verdict"] for claim in found["claims"])
    verdicts = ", ".join(f"**{count} {verdict}**" for verdict, count in sorted(counts.items()))
    text = (
        f"Of {counts.total()} claims judged in the run `{found['profile']}`: {verdicts or 'none'}."
    )
    if found["profile"] == "smoke":
        text += " The smoke profile trains on next to nothing; its verdicts mean nothing."
    return text


def consequences(judged: Sequence[Mapping[str, Any]]) -> str:
    """What each verdict means, claims that failed first, as a Markdown list."""
    order = {"not reproduced": 0, "undecided": 1, "reproduced": 2}
    known = [claim for claim in judged if claim["id"] in MEANINGS]
    ranked = sorted(known, key=lambda claim: order[claim["verdict"]])
    return "\n".join(f"- **{c['id']}, {c['verdict']}.** {_meaning(c)}" for c in ranked)


def conclusions(judged: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The paper's conclusions beside our verdicts: columns conclusion, here.

    Args:
        judged: claims with their verdicts.
    """
    verdicts = {claim["id"]: claim["verdict"] for claim in judged}
    rows = [
        (
            text,
            bearing
            if isinstance(bearing, str)
            else ", ".join(f"{name}: {verdicts.get(name, 'not judged')}" for name in bearing),
        )
        for text, bearing in CONCLUSIONS
    ]
    return pd.DataFrame(rows, columns=["conclusion", "here"])


def _meaning(claim: Mapping[str, Any]) -> str:
    """One claim's sentence for its verdict."""
    reproduced, failed = MEANINGS[claim["id"]]
    if claim["verdict"] == "undecided":
        return f"Its interval does not settle it. It would mean: {reproduced}"
    return reproduced if claim["verdict"] == "reproduced" else failed
