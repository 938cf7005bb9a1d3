"""claims.yaml: what it says can be measured and shown; what is wrong in it is refused in a line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from intensity.claims.definitions import Claim, load_claims, read_claims
from intensity.units import UNITS
from intensity.values import ROOT, InvalidInput

STATED = load_claims()

ROW: dict[str, Any] = {
    "id": "C1",
    "statement": "It is so",
    "source": "ours",
    "expected": "holds",
    "parts": [{"what": "it", "measurement": "a/b/c", "comparison": ">", "threshold": 0.5}],
    "meaning": {"holds": "Yes.", "fails": "No."},
}

REST: dict[str, Any] = {
    "conclusions": [{"text": "So it is", "claims": ["C1"]}],
    "cues": [],
    "scanner": [],
    "solved": 0.9,
    "without": [],
}


@pytest.fixture(scope="module")
def published() -> set[str]:
    """The ids that a standard run measures."""
    record = json.loads((ROOT / "expected" / "standard.json").read_text("utf8"))
    return {row["id"] for row in record["measurements"]}


def test_whatever_is_named_is_measured(published: set[str]) -> None:
    described = [
        *STATED.cues,
        *STATED.scanner,
        *(m for c in STATED.conclusions for m in c.measured),
    ]
    named = {row.measurement for row in described}
    named |= {name for row in STATED.without for name in row.baselines.values()}
    named |= {name for claim in STATED.claims for name in claim.measurements}
    assert named <= published


def test_only_results_have_numbers() -> None:
    texts = [claim.headline.here for claim in STATED.claims if claim.headline]
    texts += [row.what for row in (*STATED.cues, *STATED.scanner)]
    words = [re.sub(r"\{.*?\}|3 levels|10 levels", "", text) for text in texts]
    assert not [text for text in words if re.search(r"\d", text)]


def test_every_claim_of_the_paper_is_a_main_finding() -> None:
    assert all(claim.headline for claim in STATED.claims if claim.source == "paper")
    ours = [c.headline for c in STATED.claims if c.headline and c.source == "ours"]
    assert {headline.paper for headline in ours} == {"not addressed"}


def test_a_family_has_its_parts_for_each_member() -> None:
    part = ROW["parts"][0] | {"measurement": "auc/x/{member}", "what": "AUC of {member}"}
    claim = Claim(**ROW | {"family": ["a", "b"], "parts": [part]})
    assert claim.measurements == ["auc/x/a", "auc/x/b"]
    assert [one.what for one in claim.parts] == ["AUC of a", "AUC of b"]


def test_a_rule_has_the_unit_of_its_measurement() -> None:
    rule = Claim(**ROW).parts[0].rule
    assert [rule(UNITS[name]) for name in ("AUC", "fraction")] == [
        "lower bound > 0.5",
        "lower bound > 50 %",
    ]


def changed(**fields: Any) -> dict[str, Any]:
    """A file with one claim that has other fields."""
    return REST | {"claims": [ROW | fields]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (changed(threshold=1), "C1: Claim.threshold: 1 is not allowed"),
        (changed(statement=""), "C1: Claim.statement: '' is not allowed"),
        (changed(source="rumor"), "C1: Claim.source: 'rumor' is not allowed"),
        (changed(parts=[]), "C1: Claim.parts: "),
        (
            changed(parts=[ROW["parts"][0] | {"comparison": "="}]),
            "C1: Claim.parts.0: Part.comp",
        ),
        (
            changed(parts=[ROW["parts"][0] | {"measurement": "a/b"}]),
            "C1: Claim.parts.0: Part.meas",
        ),
        (changed(meaning={"holds": "Yes."}), "C1: Claim.meaning: Meaning.fails: "),
        (
            changed(headline={"question": "Is it?", "paper": "yes", "here": "{a/b/d}"}),
            "C1: Claim: headline.here: a/b/d is not allowed",
        ),
        (REST | {"claims": [ROW, ROW]}, "C1 is not allowed twice"),
        (REST | {"claims": ["C1"]}, "claims: 'C1' is not allowed: a mapping"),
        (REST | {"claims": []}, "'So it is': C1 is not allowed"),
        (REST | {"claims": [ROW], "verdicts": 1}, "Statements.verdicts: "),
    ],
)
def test_what_is_wrong_is_refused_by_claim_and_field(
    tmp_path: Path, content: dict[str, Any], said: str
) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(InvalidInput, match=re.escape(said)) as refusal:
        read_claims(path)
    assert "claims.yaml: " in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text("solved: 0.9\nsolved: 0.8\n")
    with pytest.raises(InvalidInput, match="'solved' stands twice"):
        read_claims(path)
