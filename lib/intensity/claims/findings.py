"""The main findings in a few rows: the question, what the paper says, what came out here, verdict.

The questions and the paper's answers are words; numbers and verdicts come from a run's results.
"""

from string import Formatter
from typing import Any, NamedTuple

from intensity.statistics.measurements import measurements_in


class Finding(NamedTuple):
    """One row.

    Args:
        claim: the id of the claim whose verdict it has.
        question: that the claim answers with yes.
        paper: the paper's answer.
        here: what was measured, with ids of the claim's measurements in braces.
    """

    claim: str
    question: str
    paper: str
    here: str

    @property
    def measurements(self) -> set[str]:
        """The ids that stand in `here`."""
        return {name for _, name, _, _ in Formatter().parse(self.here) if name}


FINDINGS = (
    Finding(
        "C1",
        "Are three bands of intensity learned?",
        "yes",
        "`large` {accuracy/three_bands/large}, `small` {accuracy/three_bands/small}",
    ),
    Finding(
        "C8",
        "Does the deeper network do better with fewer parameters?",
        "yes",
        "`large` minus `small` after as many images: {accuracy_difference/three_bands/large/small}",
    ),
    Finding(
        "C2",
        "Is a label learned that is not monotone in intensity (nine bands, three classes)?",
        "yes",
        "`bn_compact` {accuracy/hard/bn_compact}",
    ),
    Finding(
        "C4",
        "Does that task need shape?",
        "taken for granted",
        "`pixels`, which sees no shape, minus `bn_compact`: "
        "{accuracy_difference/hard/pixels/bn_compact}",
    ),
    Finding(
        "C6",
        "Do errors sit at class boundaries?",
        "yes",
        "error rate within 3 levels of a boundary, over that at 10 levels or more: "
        "{boundary_error_ratio/hard/bn_compact}",
    ),
    Finding(
        "C7",
        "Do the logits follow the label function?",
        "yes",
        "{levels_read_right/hard/bn_compact} read right; "
        "boundaries missed by {crossing_distance/hard/bn_compact}",
    ),
    Finding(
        "C9",
        "Does training make deep units non-monotone?",
        "yes",
        "against training on a monotone label: "
        "{monotonicity_difference/hard/bn_compact_screen/monotone}",
    ),
    Finding(
        "C11",
        "Do thresholds of units sit at class boundaries?",
        "yes",
        "thresholds against the same ones shifted, largest p of the seeds: "
        "{threshold_alignment_p/hard/bn_compact/largest}",
    ),
    Finding(
        "C19",
        "Is one pixel nothing, and do many add up?",
        "yes",
        "answers changed by one pixel: {changed_predictions/hard/bn_compact/one_pixel_core}; "
        "by forty pixels more than by ten: {dose_difference/hard/bn_compact/40_10}",
    ),
    Finding(
        "C16",
        "Does what is learned on black fail on other backgrounds?",
        "not asked",
        "right on random backgrounds: {accuracy/hard/bn_compact/random_background}",
    ),
    Finding(
        "C17",
        "Can absolute and relative intensity both be learned?",
        "not asked",
        "where the two differ: {accuracy/absolute/bn_compact/differing}, "
        "{accuracy/contrast/bn_compact/differing}",
    ),
)
"""What a reader should know first; claims has all."""


def finding_rows(results: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Question, paper, here and verdict (with the claim's id) of each finding that was measured.

    Args:
        results: what `load_results` gives.
    """
    texts = {name: measured.text for name, measured in measurements_in(results).items()}
    verdicts = {claim["id"]: claim["verdict"] for claim in results["claims"]}
    return [
        (
            finding.question,
            finding.paper,
            finding.here.format_map(texts),
            f"{verdicts[finding.claim]} ({finding.claim})",
        )
        for finding in FINDINGS
        if finding.claim in verdicts and finding.measurements <= texts.keys()
    ]
