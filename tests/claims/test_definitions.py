"""claims.yaml: what it says can be measured and shown; what is wrong in it is refused in a line."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from intensity.claims.definitions import Claim, load_claims, read_claims
from intensity.values import InvalidInput

STATED = load_claims()

ROW: dict[str, Any] = {
    "id": "C1",
    "statement": "It is so",
    "source": "ours",
    "expected": "holds",
    "parts": [
        {
            **{"what": "it", "measurement": "a/b/c", "unit": "fraction"},
            **{"comparison": ">", "threshold": 0.5},
        }
    ],
    "meaning": {"holds": "Yes.", "fails": "No."},
}

REST: dict[str, Any] = {
    "conclusions": [{"text": "So it is", "claims": ["C1"]}],
    "cues": [],
    "scanner": [],
    "solved": 0.9,
    "without": [],
}


def test_only_results_have_numbers() -> None:
    texts = [claim.headline.here for claim in STATED.claims if claim.headline]
    texts += [row.what for row in (*STATED.cues, *STATED.scanner)]
    words = [re.sub(r"\{.*?\}|[0-9]+ (levels|px)", "", text) for text in texts]
    assert not [text for text in words if re.search(r"\d", text)]


def test_every_claim_of_the_paper_is_a_main_finding_and_one_finding_leads() -> None:
    assert all(claim.headline for claim in STATED.claims if claim.source == "paper")
    leading = [claim.id for claim in STATED.claims if claim.headline and claim.headline.leads]
    assert leading == ["O8"]


def test_a_finding_has_the_threshold_beside_every_number() -> None:
    headline = {"question": "Is it?", "here": "`net` {a/b/c}"}
    claim = Claim(**ROW | {"headline": headline})
    assert claim.finding({"a/b/c": "61 % [55, 67]"}) == "`net` 61 % [55, 67] (claimed: > 50 %)"
    both = [*ROW["parts"], ROW["parts"][0] | {"comparison": "<", "threshold": 0.9}]
    claim = Claim(**ROW | {"headline": headline, "parts": both})
    assert claim.finding({"a/b/c": "61 %"}) == "`net` 61 % (claimed: > 50 % and < 90 %)"


def test_a_rule_has_the_unit_of_its_threshold() -> None:
    rules = [
        Claim(**ROW | {"parts": [ROW["parts"][0] | fields]}).parts[0].rule
        for fields in ({"unit": "AUC"}, {}, {"test": "equivalence", "comparison": "<="})
    ]
    assert rules == [
        "lower bound > 0.5",
        "lower bound > 50 %",
        "upper bound (90 %) <= 50 %",
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
        (changed(source="paper"), "C1: Claim: place: '' is not allowed: where the paper"),
        (
            changed(parts=[ROW["parts"][0] | {"unit": "furlongs"}]),
            "C1: Claim.parts.0: Part.unit: unit: 'furlongs' is not allowed: fraction, ",
        ),
        (
            changed(parts=[ROW["parts"][0] | {"profile": "lab"}]),
            "C1: Claim.parts.0: Part.profile: 'lab' is not allowed",
        ),
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
            changed(headline={"question": "Is it?", "here": "{a/b/d}"}),
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
