"""How to cite: CITATION.cff as BibTeX, for this reproduction and for the paper."""

import re
from pathlib import Path
from typing import Any

import yaml

from intensity.values import ROOT


def citations(path: Path = ROOT / "CITATION.cff") -> list[str]:
    """BibTeX entries: first of the software, then of what it refers to.

    Args:
        path: the citation file, in format 1.2.
    """
    described = yaml.safe_load(path.read_text("utf8"))
    return [_entry(work) for work in (described, *described.get("references", []))]


def _entry(work: dict[str, Any]) -> str:
    """One work as BibTeX."""
    year = work.get("year") or str(work.get("date-released", ""))[:4]
    names = [_name(author) for author in work["authors"]]
    fields = {
        "title": f"{{{work['title']}}}",
        "author": " and ".join(names),
        "year": year,
        "version": work.get("version"),
        "journal": work.get("journal"),
        "doi": work.get("doi"),
        "url": work.get("url"),
    }
    kind = "software" if work["type"] == "software" else "article"
    first = re.sub(r"\W", "", names[0].split(",")[0].split()[-1].strip("{}")).lower()
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{first}{year},", *lines, "}"])


def _name(author: dict[str, str]) -> str:
    if "family-names" in author:
        return f"{author['family-names']}, {author['given-names']}"
    return f"{{{author['name']}}}"
