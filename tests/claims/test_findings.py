"""The main findings: every number and verdict comes from results, and from the row's own claim."""

import json
import re
from typing import Any

import pytest

from intensity.claims.findings import FINDINGS, Finding, finding_rows
from intensity.claims.judge import CLAIMS
from intensity.statistics.measurements import measurements_in
from intensity.values import ROOT


@pytest.fixture(scope="module")
def published() -> Any:
    """The published results."""
    return json.loads((ROOT / "expected" / "standard.json").read_text("utf8"))


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.claim)
def test_what_is_shown_is_what_decides_the_claim(finding: Finding) -> None:
    claim = next(claim for claim in CLAIMS if claim.id == finding.claim)
    shown = re.findall(r"\{(.*?)\}", finding.here)
    assert shown
    assert set(shown) <= set(claim.measurements)
    assert (finding.paper == "not asked") == (claim.source == "ours")


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.claim)
def test_only_results_have_numbers(finding: Finding) -> None:
    words = re.sub(r"\{.*?\}|3 levels|10 levels", "", finding.here)
    assert not re.search(r"\d", words)


def test_every_claim_of_the_paper_has_a_row() -> None:
    assert {c.id for c in CLAIMS if c.source == "paper"} <= {f.claim for f in FINDINGS}


def test_rows_have_the_measured_numbers_and_the_verdicts(published: Any) -> None:
    rows = finding_rows(published)
    assert [row[0] for row in rows] == [finding.question for finding in FINDINGS]
    (row,) = (row for row in rows if row[3].endswith("(C2)"))
    measured = measurements_in(published)["accuracy/hard/bn_compact"]
    verdict = next(claim["verdict"] for claim in published["claims"] if claim["id"] == "C2")
    assert row[2:] == (f"`bn_compact` {measured.text}", f"{verdict} (C2)")


def test_what_was_not_measured_has_no_row(published: Any) -> None:
    kept = [m for m in published["measurements"] if m["id"] == "accuracy/hard/bn_compact"]
    judged = [claim for claim in published["claims"] if claim["id"] == "C2"]
    (row,) = finding_rows({"measurements": kept, "claims": judged})
    assert row[3].endswith("(C2)")
