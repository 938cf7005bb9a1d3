"""What the measured verdicts mean, in words: the text of the last notebook.

For every claim there is a sentence for each verdict, and where it follows one for practice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from intensity.claims.judge import CLAIMS
from intensity.statistics.intervals import Measurement
from intensity.statistics.measurements import gather, measurements_in
from intensity.values import ROOT, InvalidInput


class Meaning(NamedTuple):
    """What a claim's verdict means.

    reproduced: if the claim holds.
    failed: if it does not.
    practice: for whoever trains networks on medical or natural images, if it holds.
    failed_practice: likewise, if it does not.
    """

    reproduced: str
    failed: str
    practice: str = ""
    failed_practice: str = ""


EXPECTED_TO_FAIL = ("C4",)
"""Claims that were expected to fail before anything was run; all others were expected to hold."""

MEANINGS: dict[str, Meaning] = {
    "C1": Meaning(
        "Both networks of the published summary learn its three bands.",
        "At least one network of the published summary does not learn its three bands as well as "
        "claimed with this recipe.",
    ),
    "C2": Meaning(
        "A small network learns the non-monotonic function: intensity can be a class cue as such. "
        "The network is ours; of the authors' own only the smallest is trained below the full "
        "profile.",
        "With this recipe the non-monotonic function is not learned as well as claimed.",
    ),
    "C3": Meaning(
        "Where noise hides single pixels, the network does better than any reader without layout "
        "could: it uses where the pixels are.",
        "The network is no better than the best reader without layout: nothing shows that it uses "
        "where the pixels are.",
    ),
    "C4": Meaning(
        "A network that sees no shape falls behind by more than five points: on the paper's task "
        "shape helps.",
        "A network whose convolutions are one pixel wide, which sees no shape at all, does not "
        "fall behind by five points: success on the paper's task says little about shape. One "
        "architecture may still be helped by it: [Table 8.2](#table-08-2) has bn_compact on "
        "permuted pixels, with the paper's conclusions.",
        failed_practice="Accuracy on images with a zeroed background, such as skull-stripped or "
        "masked scans, does not show that a network has learned anatomy: a histogram may do.",
    ),
    "C5": Meaning(
        "Averaging grey levels does not solve the authors' task, but a mean of a code for each "
        "grey level does: a network needs neither shape nor layout for it. The reader of the claim "
        "names the class of the mean level; the best decision from the mean (mean_posterior) is "
        "above the claim's threshold for it and far from solving the task.",
        "The division between averaging and coding each grey level does not come out as expected.",
        practice="Global average pooling after a code for single pixels is a learned histogram; "
        "compare with a histogram before crediting a network with more.",
    ),
    "C6": Meaning(
        "Errors sit at the class boundaries: what is wrong is where the thresholds lie, not the "
        "function.",
        "Errors do not gather at the class boundaries: something else than imprecise thresholds "
        "is wrong.",
    ),
    "C7": Meaning(
        "The logits follow the label function, with crossings close to the true boundaries.",
        "The logits follow the label function less closely than claimed.",
    ),
    "C8": Meaning(
        "After as many images the deeper network is ahead with under a third of the parameters. "
        "Part of that is speed of learning, at far fewer images than the paper's: shown more, the "
        "other comes nearer. Learning rates differ; each is the best of its network on validation.",
        "After as many images the deeper network is not ahead by the margin claimed.",
    ),
    "C9": Meaning(
        "Training on a non-monotonic function makes deep units non-monotonic: the same network "
        "trained for as long on a monotone one, or not at all, has units that are less so.",
        "Deep units do not become non-monotonic as claimed, or are so without such training.",
    ),
    "C10": Meaning(
        "Most of the last units, weighted by their range, turn at least twice: the code is no "
        "thermometer that the last layer would have to cut up. Where they turn is C11's question.",
        "The last units mostly turn less than twice: they are closer to a thermometer, and the "
        "bands are made by the last layer.",
    ),
    "C11": Meaning(
        "Units switch where the class changes, in every seed, more than chance would have it.",
        "Not in every seed is it shown that units switch nearer to the class boundaries than the "
        "same thresholds shifted along the grey levels do; it is not shown false either: "
        "threshold_advantage, the effect, has an interval of its own "
        "([Table 6.3](#table-06-3)). With equally spaced boundaries the test is a strict one.",
    ),
    "C12": Meaning(
        "Recoloring the object carries the answer with it: it follows a new class and stays within "
        "one. On black that changes the amplitude of its edge too.",
        "Recoloring is not followed, or not ignored within a class, as often as claimed; "
        "[Figure 7.3](#fig-07-3-recoloring) shows whether small steps across a boundary are to "
        "blame.",
        practice="What changes an object's recorded level, such as windowing or a contrast agent, "
        "should be expected to change the answer of a network whose classes hang on it.",
    ),
    "C13": Meaning(
        "Intensity and shape dissociate both ways: each network answers to its own cue and ignores "
        "the other, so the interventions tell the cues apart.",
        "At least one network does not follow its own cue, or does not ignore the other, as far as "
        "claimed.",
        practice="What a network relies on is decided by which cue tells the classes apart in its "
        "training data; it is not a fixed preference for edges and shape.",
    ),
    "C14": Meaning(
        "Where core and ring of equal area show two classes, the network goes by the core, on "
        "black and on varied backgrounds. Answers by neither are counted apart, beside the bound "
        "that remains if all of them were the ring's. That surfaces count more than edges is one "
        "reading; the ring is also thinner than the largest noise squares, which training teaches "
        "to ignore. It is asked of these two networks only: [Figure 7.1](#fig-07-1-effects) shows "
        "core and ring recolored on the other tasks, where it can be otherwise.",
        "The core does not outweigh the ring on both kinds of background: nothing shows that "
        "surfaces are read more than edges.",
        practice="A rim of another level, as partial volume can make it, should move such a "
        "network less than a change of the same area inside.",
    ),
    "C15": Meaning(
        "The object has to hang together for the network, although it would not have to. Pooling "
        "of patches is one reading; pieces of 4 px are also as large as the noise squares, and "
        "may be ignored as these are. That `pixels` loses nothing holds by its construction and "
        "checks the intervention. Scattered objects are unlike those of training.",
        "Scattering the object does not part the two networks as claimed.",
    ),
    "C16": Meaning(
        "What is learned on a black background does not find the object on others. The function of "
        "intensity may carry over all the same, applied to another level: how often to that of the "
        "background, [Table 7.6](#table-07-6) counts and [Figure 5.3](#fig-05-3-class-planes) "
        "shows.",
        "The network keeps more of its skill on other backgrounds than claimed.",
        practice="A network trained on images with zeroed background cannot be trusted on images "
        "whose background is anything else.",
    ),
    "C17": Meaning(
        "The same network learns either absolute intensity or contrast, whichever is labeled, "
        "where background varies.",
        "At least one of absolute intensity and contrast is not learned as well as claimed with "
        "this recipe.",
        practice="The same architecture can read calibrated levels (as Hounsfield units) or "
        "relative ones (as in MR): its training data decide. A scanner's offset moves the first "
        "and, by the label's definition, not the second; a gain moves both. How well each network "
        "follows them stands under gain and offset.",
    ),
    "C18": Meaning(
        "Where two objects compete the network answers by the right object and ignores the other's "
        "level. How it tells the two apart the claim does not say: the length of a border is a cue "
        "too, by which the reader of edge amplitudes is above chance.",
        "The network does not learn to answer by the right one of two objects, or is moved by the "
        "other, more than claimed.",
        practice="If the task needs it, a network binds intensity to an object; a task that can be "
        "solved without does not show that it does.",
    ),
    "C19": Meaning(
        "Single pixels do next to nothing, many of them add up: the answer is a matter of area.",
        "Some single pixels change more answers than claimed, or more pixels do not change more.",
        practice="A dead or hot pixel should hardly matter to such a network; an artifact of some "
        "tens of pixels can.",
    ),
    "C20": Meaning(
        "On black, covering the inside of the object costs more than covering as much of its edge; "
        "[Figure 7.4](#fig-07-4-conflicts) has varied backgrounds too.",
        "Covering the inside of the object does not cost more than covering as much of its edge.",
    ),
    "C21": Meaning(
        "Guided backprop draws the same picture for two classes: it shows what excites the "
        "network, not what speaks for a class.",
        "Guided backprop's maps of two classes differ more than claimed: here it is not "
        "class-blind to that degree.",
        practice="A guided-backprop picture is no evidence for the class that it is shown with.",
    ),
    "C22": Meaning(
        "The gradient is steep where a class boundary is near, while recoloring changes the answer "
        "wherever the level lies: the gradient shows the margin, not what the network relies on.",
        "Either the gradient in the object does not fall with the distance to the boundary, or the "
        "effect of recoloring varies with it too, more than claimed.",
        practice="A pale saliency map does not say that a region is unimportant: the network may "
        "be sure of it.",
    ),
    "C23": Meaning(
        "Every saliency method of the paper tells the object that defines the class from one that "
        "does not, better than an edge filter does.",
        "At least one saliency method of the paper does not tell the object that defines the class "
        "from a distractor better than an edge filter; [Table 8.1](#table-08-1) says which.",
        failed_practice="That a saliency map lights up an object does not show that the object "
        "matters; compare with an edge filter, and with an object that does not.",
    ),
    "C24": Meaning(
        "Maps that measure against black change when the same network reads negatives; those that "
        "compare with renderings of the scene do not.",
        "The division between maps that depend on the polarity of the code and maps that do not "
        "does not come out as expected.",
        practice="Methods with a black baseline, or that multiply by the pixel, treat dark objects "
        "unlike bright ones; use a baseline that means something in the images at hand.",
    ),
}
"""What each verdict means, by claim, in words for either verdict."""


class Conclusion(NamedTuple):
    """A conclusion of the paper or its authors, and what bears on it here.

    text: what they conclude.
    claims: ids of claims that test it or a part of it.
    measured: ids of measurements that no claim decides by, each with words for it.
    note: what has to be said beside these, or why nothing bears on it.
    """

    text: str
    claims: tuple[str, ...] = ()
    measured: tuple[tuple[str, str], ...] = ()
    note: str = ""


CONCLUSIONS: tuple[Conclusion, ...] = (
    Conclusion("A network can learn a class that hangs on intensity alone", ("C1", "C2")),
    Conclusion(
        "Intensity has to be read in addition to finding the object by its shape",
        ("C4",),
        measured=(
            ("ablation_accuracy/hard/baseline", "bn_compact, 40,000 images"),
            ("ablation_accuracy/hard/permuted", "the same on permuted pixels"),
        ),
        note="C4 compares with an architecture that sees no shape, this with one that can",
    ),
    Conclusion(
        "It relies on the object's intensity",
        ("C12", "C13", "C14"),
        note="on black recoloring changes the edge's amplitude with the surface; C14 and C17 part "
        "the two",
    ),
    Conclusion("A deeper network does better, with fewer parameters", ("C8",)),
    Conclusion(
        "Early channels respond monotonically",
        measured=(
            ("monotonicity/hard/bn_compact/first_layer", "monotonicity of the first layer"),
            ("monotonicity/hard/bn_compact/last_layer", "of the last rectified layer"),
        ),
        note="a first layer's mean responses are convex whatever its weights, so that they turn "
        "once at most was known beforehand",
    ),
    Conclusion(
        "Later channels follow the class boundaries",
        ("C9", "C10", "C11"),
        note="C9 and C10 ask for turns, C11 for turns at the boundaries",
    ),
    Conclusion(
        "Logits are not monotone; the class-response curve is a square wave that crosses at the "
        "boundaries",
        ("C7",),
        note="C7 asks which logit is highest, not how steep it is",
    ),
    Conclusion("Errors sit at the class boundaries", ("C6",)),
    Conclusion(
        "Gradient saliency and occlusion show where a network looks",
        ("C21", "C22", "C23", "C24"),
        note="beside one object on black the image itself does as well; C23 asks it beside a "
        "distractor",
    ),
    Conclusion(
        "Batch norm and ReLU act as thresholds of intensity",
        measured=(
            (
                "circuit_r2/hard/bn_tiny_full/relu1_crude_median",
                "median R2 of one threshold a unit in the first layer of bn_tiny",
            ),
        ),
        note="that a rectified unit has a threshold is so by construction; where those of the last "
        "block sit C11 tests",
    ),
    Conclusion(
        "Single pixels move logits monotonically",
        note="not tested: C19 counts changed answers by the number of pixels",
    ),
    Conclusion(
        "The network averages over the object",
        ("C5", "C15", "C19"),
        note="C5: not over grey levels; C15: not over single pixels but over patches",
    ),
)
"""What the paper and its authors concluded, and what bears on it."""

OVERLAP: tuple[tuple[str, str], ...] = (
    ("accuracy/hard/linear_histogram", "On black a linear function of the histogram, no shape"),
    ("accuracy/hard/pixels", "On black a network that sees no shape"),
    ("accuracy/hard/edge_amplitude", "On black the amplitude of edges, no surface"),
    ("accuracy/hard/flat_patch", "On black flat patches, no edges"),
    ("accuracy/hard/mean_posterior", "On black the mean alone, best decision"),
    ("accuracy/hard/bn_compact", "On black a network that could use any of these"),
    (
        "accuracy/absolute/linear_histogram",
        "On varied backgrounds, absolute intensity, a linear function of the histogram",
    ),
    (
        "accuracy/absolute/most_frequent_level",
        "On varied backgrounds, absolute intensity, the most frequent level but for the background",
    ),
    ("accuracy/absolute/edge_amplitude", "On varied backgrounds, absolute intensity, edges"),
    ("accuracy/absolute/flat_patch", "On varied backgrounds, absolute intensity, flat patches"),
    (
        "accuracy/absolute/bn_compact",
        "On varied backgrounds, absolute intensity, a network trained there",
    ),
    (
        "accuracy/contrast/most_frequent_contrast",
        "On varied backgrounds, contrast, that level minus the background",
    ),
    ("accuracy/contrast/edge_amplitude", "On varied backgrounds, contrast, edges"),
    ("accuracy/contrast/flat_patch", "On varied backgrounds, contrast, flat patches"),
    ("accuracy/distractor/linear_histogram", "Beside a distractor a linear histogram"),
    (
        "accuracy/distractor/most_frequent_level",
        "Beside a distractor the most frequent level but for the background",
    ),
)
"""Accuracies that tell which cues come together, and what each is of."""

SCANNER: tuple[tuple[str, str], ...] = (
    (
        "offset_followed/absolute/bn_compact",
        "An offset that changes the class, network for absolute intensity: followed",
    ),
    ("offset_changes/contrast/bn_compact", "An offset, network for contrast: answers changed"),
    (
        "gain_followed/absolute/bn_compact",
        "A gain that changes the class, network for absolute intensity: followed",
    ),
    (
        "gain_followed/contrast/bn_compact",
        "A gain that changes the class, network for contrast: followed",
    ),
)
"""What becomes of answers when a scanner's gain or offset changes all levels."""

SOLVED = 0.97
"""A reader solves a task where its whole interval is at or above this; as in claim C5."""

WITHOUT: dict[str, dict[str, str]] = {
    "The paper's task": {
        "shape": "accuracy/hard/linear_histogram",
        "surfaces": "accuracy/hard/edge_amplitude",
        "edges": "accuracy/hard/flat_patch",
    },
    "Absolute intensity on varied backgrounds": {
        "layout": "accuracy/absolute/most_frequent_level",
        "surfaces": "accuracy/absolute/edge_amplitude",
        "edges": "accuracy/absolute/flat_patch",
    },
    "Contrast on varied backgrounds": {
        "layout": "accuracy/contrast/most_frequent_contrast",
        "surfaces": "accuracy/contrast/edge_amplitude",
        "edges": "accuracy/contrast/flat_patch",
    },
}
"""What the readers of each task do without, and the accuracy that tells whether it can be."""


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


def cue_overlap(found: Mapping[str, Any]) -> str:
    """How far single cues go on each task, and what follows, as Markdown; only what is measured.

    Args:
        found: as `findings` gives it.
    """
    known = measurements_in(dict(found))
    followed = [_dispensable(task, readers, known) for task, readers in WITHOUT.items()]
    return _listed(OVERLAP, known) + "".join(f"\n\n{text}" for text in followed if text)


def scanner(found: Mapping[str, Any]) -> str:
    """What gain and offset of the whole image do, as a Markdown list; only what is measured.

    Args:
        found: as `findings` gives it.
    """
    return _listed(SCANNER, measurements_in(dict(found)))


def _listed(entries: Iterable[tuple[str, str]], known: Mapping[str, Measurement]) -> str:
    """Measurements with words for them, as a Markdown list."""
    return "\n".join(
        f"- {words}: **{known[name].text}**." for name, words in entries if name in known
    )


def _dispensable(task: str, readers: Mapping[str, str], known: Mapping[str, Measurement]) -> str:
    """What a task can be solved without, as far as its readers were measured; else nothing."""
    measured = {cue: known[name] for cue, name in readers.items() if name in known}
    ends = {cue: m.ci95 or (m.value, m.value) for cue, m in measured.items()}
    solved = ", ".join(f"without {cue}" for cue, (low, _) in ends.items() if low >= SOLVED)
    missed = ", ".join(f"without {cue}" for cue, (_, high) in ends.items() if high < SOLVED)
    text = ""
    if solved:
        text = (
            f"{task} can be solved {solved}, by a reader each: a network's accuracy there does not "
            "show that it uses any of what these lack. "
        )
    return text + (f"{task} is not solved by the readers {missed}." if missed else "")


def consequences(judged: Sequence[Mapping[str, Any]]) -> str:
    """What each verdict means, as a Markdown list: the unexpected, the undecided, the others.

    Within each, claims that would be the most interesting to fail come first.

    Args:
        judged: claims with their verdicts.
    """
    known = [claim for claim in judged if claim["id"] in MEANINGS]
    starred = {claim.id for claim in CLAIMS if claim.starred}
    ranked = sorted(
        known, key=lambda c: (not is_unexpected(c), not _is_open(c), c["id"] not in starred)
    )
    return "\n".join(
        f"- **{c['id']}, {c['verdict']}{', unexpected' if is_unexpected(c) else ''}.** "
        f"{_meaning(c)}"
        for c in ranked
    )


def is_unexpected(claim: Mapping[str, Any]) -> bool:
    """Whether a claim fails that was expected to hold, or holds and was expected to fail."""
    surprise = "reproduced" if claim["id"] in EXPECTED_TO_FAIL else "not reproduced"
    return bool(claim["verdict"] == surprise)


def _is_open(claim: Mapping[str, Any]) -> bool:
    """Whether the interval does not settle a claim."""
    return bool(claim["verdict"] == "undecided")


def conclusions(found: Mapping[str, Any]) -> pd.DataFrame:
    """The paper's conclusions beside our verdicts: columns conclusion, here.

    Args:
        found: as `findings` gives it.
    """
    verdicts = {claim["id"]: claim["verdict"] for claim in found["claims"]}
    known = measurements_in(dict(found))
    rows = [(conclusion.text, _bearing(conclusion, verdicts, known)) for conclusion in CONCLUSIONS]
    return pd.DataFrame(rows, columns=["conclusion", "here"])


def _bearing(
    conclusion: Conclusion, verdicts: Mapping[str, str], known: Mapping[str, Measurement]
) -> str:
    """What bears on a conclusion, in words."""
    judged = ", ".join(f"{name}: {verdicts.get(name, 'not judged')}" for name in conclusion.claims)
    measured = [
        f"{words}: {known[name].text if name in known else 'not measured'}"
        for name, words in conclusion.measured
    ]
    return "; ".join(text for text in (judged, *measured, conclusion.note) if text)


def _side(part: Mapping[str, Any]) -> str:
    """A part of a claim that is open, and on which side of its threshold the estimate lies."""
    side = "on the claim's side" if part["estimate"] == "reproduced" else "on the other side"
    return f"{part['what']}, {part['measured']} ({part['rule']}), where the estimate lies {side}"


def _meaning(claim: Mapping[str, Any]) -> str:
    """One claim's sentences for its verdict."""
    meaning = MEANINGS[claim["id"]]
    if _is_open(claim):
        sides = "; ".join(_side(part) for part in claim["parts"] if _is_open(part))
        return (
            f"What was measured does not settle it. Open: {sides}. If it holds: "
            f"{meaning.reproduced} If not: {meaning.failed}"
        )
    if claim["verdict"] == "reproduced":
        said, practice = meaning.reproduced, meaning.practice
    else:
        said, practice = meaning.failed, meaning.failed_practice
    return f"{said} *In practice:* {practice}" if practice else said
