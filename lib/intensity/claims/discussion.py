"""The text of the last notebook: what the verdicts mean, put together from claims.yaml."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from intensity.claims.definitions import Claim, Conclusion, Described, Without, load_claims
from intensity.claims.judge import JudgedClaim, JudgedPart, Verdict
from intensity.claims.results import RunResults, gather
from intensity.statistics.measurements import Measurement
from intensity.values import ROOT, InvalidInput

SURPRISES: dict[str, Verdict] = {"holds": "not reproduced", "fails": "reproduced"}
"""The verdict that was not expected, by what was."""


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
    """How many claims were judged, and how, as Markdown."""
    counts = [f"**{count} {verdict}**" for verdict, count in found.counts.items() if count]
    judged = f"Of {len(found.claims)} claims judged in the run `{found.profile}`"
    text = f"{judged}: {', '.join(counts) or 'none'}."
    if found.profile == "smoke":
        text += " The smoke profile trains on next to nothing; its verdicts mean nothing."
    return text


def cue_overlap(found: RunResults) -> str:
    """How far single cues go on each task, as Markdown; only what is measured."""
    stated = load_claims()
    texts = [_dispensable(row, stated.solved, found.known) for row in stated.without]
    return _listed(stated.cues, found.known) + "".join(f"\n\n{text}" for text in texts if text)


def scanner(found: RunResults) -> str:
    """What gain and offset of the whole image do, as a Markdown list; only what is measured."""
    return _listed(load_claims().scanner, found.known)


def consequences(found: RunResults) -> str:
    """What each verdict means, as a Markdown list: the unexpected, the undecided, the others.

    Within each, claims that would be the most interesting to fail come first.
    """
    stated = load_claims()
    pairs = [(stated[judged.id], judged) for judged in found.claims]
    pairs.sort(key=lambda pair: not pair[0].starred)
    pairs.sort(key=lambda pair: (not is_unexpected(*pair), pair[1].verdict != "undecided"))
    return "\n".join(
        f"- **{judged.id}, {judged.verdict}{', unexpected' * is_unexpected(claim, judged)}.** "
        f"{_meaning(claim, judged)}"
        for claim, judged in pairs
    )


def is_unexpected(claim: Claim, judged: JudgedClaim) -> bool:
    """Whether a claim fails that was expected to hold, or holds and was expected to fail."""
    return judged.verdict == SURPRISES[claim.expected]


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
    if judged.verdict == "undecided":
        sides = "; ".join(_side(part) for part in judged.parts if part.verdict == "undecided")
        return f"Not decided: {sides}. If it holds: {meaning.holds} If not: {meaning.fails}"
    if judged.verdict == "reproduced":
        said, practice = meaning.holds, meaning.practice
    else:
        said, practice = meaning.fails, meaning.practice_if_it_fails
    return f"{said} *In practice:* {practice}" if practice else said


def _side(part: JudgedPart) -> str:
    side = "on the claim's side" if part.estimate == "reproduced" else "on the other side"
    return f"{part.what}, {part.measured} ({part.rule}), where the estimate lies {side}"
