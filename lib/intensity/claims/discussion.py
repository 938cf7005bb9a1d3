"""The text of the last notebook: what the verdicts mean, put together from claims.yaml."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from intensity.claims.definitions import (
    SOURCES,
    Claim,
    Conclusion,
    Described,
    Source,
    Without,
    load_claims,
)
from intensity.claims.judge import NO, YES, JudgedClaim, JudgedPart
from intensity.claims.results import RunResults, gather
from intensity.statistics.measurements import Measurement
from intensity.values import ROOT, InvalidInput


def findings(output: str | Path) -> RunResults:
    """What the other notebooks of a run have measured, judged.

    Args:
        output: the run's folder, absolute or from the checkout.

    Raises:
        InvalidInput: it holds no measurement.
    """
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    found = gather(output, notebooks)
    if not found.measurements:
        raise InvalidInput(f"output: {output} holds no results; run the other notebooks first")
    return found


def overview(found: RunResults) -> str:
    """How many claims were judged, and how, as Markdown: the paper's and ours, counted apart."""
    lines = [f"- {found.tally(source)}" for source in SOURCES]
    if found.profile == "smoke":
        lines.append("\nThe smoke profile trains on next to nothing; its numbers mean nothing.")
    return "\n".join([f"In the run `{found.profile}`:\n", *lines])


def cue_overlap(found: RunResults) -> str:
    """How far single cues go on each task, as Markdown; only what is measured."""
    stated = load_claims()
    texts = [_dispensable(row, stated.solved, found.known) for row in stated.without]
    return _listed(stated.cues, found.known) + "".join(f"\n\n{text}" for text in texts if text)


def scanner(found: RunResults) -> str:
    """What gain and offset of the whole image do, as a Markdown list; only what is measured."""
    return _listed(load_claims().scanner, found.known)


def consequences(found: RunResults, source: Source) -> str:
    """What each verdict means, as a Markdown list: the unexpected, the undecided, the others.

    Within each, claims that would be the most interesting to fail come first.

    Args:
        found: what was measured.
        source: whose claims.
    """
    stated = load_claims()
    pairs = [(stated[judged.id], judged) for judged in found.all_claims if judged.source == source]
    pairs.sort(key=lambda pair: not pair[0].starred)
    pairs.sort(key=lambda pair: (not is_unexpected(*pair), pair[1].verdict != "undecided"))
    return "\n".join(
        f"- **{judged.id}, {judged.verdict}{', unexpected' * is_unexpected(claim, judged)}.** "
        f"{_meaning(claim, judged)}"
        for claim, judged in pairs
    )


def is_unexpected(claim: Claim, judged: JudgedClaim) -> bool:
    """Whether a claim fails that was expected to hold, or holds and was expected to fail."""
    return judged.verdict in (NO if claim.expected == "holds" else YES)


def what_would_decide(found: RunResults) -> str:
    """What would decide each part that is undecided, as a Markdown list."""
    lines = [
        f"- **{claim.id}.** {_side(part)}: {part.would_decide}."
        for claim in found.claims
        for part in claim.parts
        if part.would_decide
    ]
    return "\n".join(lines) or "Every claim that was judged is decided."


def conclusions(found: RunResults) -> pd.DataFrame:
    """The paper's conclusions beside our verdicts: columns conclusion, here."""
    rows = [(one.text, _bearing(one, found)) for one in load_claims().conclusions]
    return pd.DataFrame(rows, columns=["conclusion", "here"])


def _listed(rows: Iterable[Described], known: Mapping[str, Measurement]) -> str:
    """Measurements with words for them, as a Markdown list."""
    return "\n".join(
        f"- {row.what}: **{known[row.measurement].text}**."
        for row in rows
        if row.measurement in known
    )


def _dispensable(row: Without, solved: float, known: Mapping[str, Measurement]) -> str:
    """What a task can be solved without, as far as its baselines were measured; else nothing."""
    measured = {cue: known[name] for cue, name in row.baselines.items() if name in known}
    ends = {cue: m.ci95 or (m.value, m.value) for cue, m in measured.items()}
    solving = ", ".join(f"without {cue}" for cue, (low, _) in ends.items() if low >= solved)
    failing = ", ".join(f"without {cue}" for cue, (_, high) in ends.items() if high < solved)
    sentences = []
    if solving:
        sentences.append(
            f"{row.task} can be solved {solving}, by a baseline each: a network's accuracy there "
            "does not show that it uses any of what these lack."
        )
    if failing:
        sentences.append(f"{row.task} is not solved by the baselines {failing}.")
    return " ".join(sentences)


def _bearing(conclusion: Conclusion, found: RunResults) -> str:
    verdicts = [f"{name}: {found.verdicts.get(name, 'not judged')}" for name in conclusion.claims]
    texts = {name: measured.text for name, measured in found.known.items()}
    measured = [
        f"{row.what}: {texts.get(row.measurement, 'not measured')}" for row in conclusion.measured
    ]
    return "; ".join(text for text in (", ".join(verdicts), *measured, conclusion.note) if text)


def _meaning(claim: Claim, judged: JudgedClaim) -> str:
    meaning = claim.meaning
    if judged.verdict == "not measured":
        profiles = ", ".join(dict.fromkeys(part.profile for part in judged.left))
        return f"Not measured in this profile ({profiles})."
    if judged.verdict == "undecided":
        sides = "; ".join(_side(part) for part in judged.parts if part.verdict == "undecided")
        return f"Not decided: {sides}. If it holds: {meaning.holds} If not: {meaning.fails}"
    if judged.verdict in YES:
        said, hypothesis = meaning.holds, meaning.hypothesis
    else:
        said, hypothesis = meaning.fails, meaning.hypothesis_if_it_fails
    return f"{said} *Hypothesis, not tested here:* {hypothesis}" if hypothesis else said


def _side(part: JudgedPart) -> str:
    side = "on the claim's side" if part.estimate in YES else "on the other side"
    return f"{part.what}, {part.measured} ({part.rule}), where the estimate lies {side}"
