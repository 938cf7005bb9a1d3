"""An audit on disk: one page that opens anywhere, its numbers, its figure, and every case."""

from __future__ import annotations

import base64
import io
import json
import math
import os
import re
from pathlib import Path

import jinja2
import numpy as np

from intensity.audit.answer import Answer
from intensity.audit.baselines import CUES
from intensity.audit.figure import audit_figure, figure_data
from intensity.audit.intervals import OVER_GROUPS, REFUSED
from intensity.audit.words import NO_CLAIM, headline, in_words, number_text, share_text
from intensity.claims.results import Measured
from intensity.figures.style import DPI, parts, records
from intensity.report.page import TEMPLATES as PAGE
from intensity.statistics.intervals import Interval, seed_interval
from intensity.statistics.measurements import Counted, Measurement
from intensity.storage.code_digest import provenance
from intensity.storage.files import write_folder
from intensity.units import FRACTION, find_unit
from intensity.values import InvalidInput, shown

FILES = ("results.json", "index.html", "audit.png", "audit.csv", "cases.csv")
"""What a report's folder holds."""
SCORE = "score"
"""The unit of a network's scores."""
WORST = ["image", "class", "answer", "level", "around"]
"""What the page says of the cases whose answers change most often."""
TEMPLATE = Path(__file__).with_name("templates")


def check_folder(folder: Path) -> None:
    """Refuse a folder that is neither new, nor empty, nor a report: it is replaced as a whole.

    Raises:
        InvalidInput: it holds anything else (a table of one's own may be called cases.csv), is a
            file, or cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"report: {shown(folder)} is not allowed: a folder")
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if there and there != set(FILES):
        held = f"{shown(folder)} is not allowed, it holds {min(there - set(FILES) or there)}"
        raise InvalidInput(f"report: {held}: a new folder, or that of an earlier report")
    above = next(path for path in folder.resolve().parents if path.exists())
    if not os.access(above, os.W_OK):
        raise InvalidInput(f"report: {shown(folder)} cannot be written into {shown(above)}")


def write_report(answer: Answer, folder: Path) -> Path:
    """Write everything into a folder, whole or not at all; says where the page is."""
    folder = folder.resolve()
    check_folder(folder)
    png = picture(answer)
    files = {
        "results.json": _results(answer),
        "audit.png": png,
        "audit.csv": figure_data(answer).to_csv(index=False, float_format="%.6g").encode(),
        "cases.csv": answer.by_case.to_csv(index=False, float_format="%.6g").encode(),
        "index.html": page(answer, png).encode(),
    }
    write_folder(folder, files)
    return folder / "index.html"


def picture(answer: Answer) -> bytes:
    """The figure as PNG."""
    buffer = io.BytesIO()
    audit_figure(answer).savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def measurements(answer: Answer) -> list[Measurement]:
    """All numbers of an audit under one id each, `<quantity>/<cases>/<network>[/<edit>]`."""
    about = f"{_word(answer.title)}/{_word(answer.network)}"
    count, found = len(answer.cases), []
    if answer.accuracy:
        right = answer.before.argmax(axis=-1) == answer.cases.label
        seeds = right.mean(axis=1)
        found.append(_measured(f"accuracy/{about}", answer.accuracy, FRACTION, seeds, count))
    if answer.slope:
        slope = answer.slope
        seeds = np.array(slope.seeds)
        found.append(_measured(f"slope/{about}", slope.groups, "slope", seeds, slope.cases))
    unit = SCORE if answer.scores else FRACTION
    for name, effect in answer.effects.items():
        seeds, m = np.abs(effect.score).mean(axis=1), len(effect.rows)
        found.append(_measured(f"changed/{about}/{name}", effect.changed, unit, seeds, m))
        known = np.isfinite(effect.followed)
        if known.any(axis=1).all():
            seeds, m = np.nanmean(effect.followed, axis=1), int(known.any(axis=0).sum())
            found.append(_measured(f"followed/{about}/{name}", effect.follows, FRACTION, seeds, m))
    for name, right in answer.cues.items():
        id_ = f"accuracy/{_word(answer.title)}/{name}"
        found.append(_measured(id_, right, FRACTION, np.zeros(0), count))
    return found


def _measured(name: str, groups: Interval, unit: str, seeds: np.ndarray, cases: int) -> Measurement:
    """A number with its interval over networks where there are several, else over groups."""
    of, method, own = find_unit(unit), OVER_GROUPS, None
    if len(seeds) > 1:
        groups, method = seed_interval(seeds, of, cases)
        own = seeds.tolist()
    none = math.isnan(groups.low)
    return Measurement(
        id=name, value=groups.value, ci95=None if none else of.clip(groups.low, groups.high),
        exact=none, n=Counted(seeds=len(seeds), scenes=cases), seeds=own, unit=unit,
        method=REFUSED if none else method,
    )  # fmt: skip


def _word(text: str) -> str:
    """A text as a part of an id."""
    return re.sub(r"[^A-Za-z0-9_.+-]+", "-", text) or "-"


def _results(answer: Answer) -> bytes:
    value = Measured(notebook="audit", measurements=tuple(measurements(answer)))
    text = json.dumps(value.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def page(answer: Answer, png: bytes) -> str:
    """The page: the answer in words, the figure, all numbers, and what they do not say.

    Args:
        answer: of an audit.
        png: its figure.
    """
    loader = jinja2.FileSystemLoader([TEMPLATE, PAGE / "page"])
    environment = jinja2.Environment(loader=loader, autoescape=True)
    cases = answer.cases
    style = (PAGE / "page" / "style.css").read_text("utf8")
    return environment.get_template("audit.html.j2").render(
        answer=answer,
        cases=cases,
        style=style,
        headline=headline(answer),
        words=in_words(answer),
        accuracy=share_text(answer.accuracy) if answer.accuracy else "",
        picture=base64.b64encode(png).decode(),
        effects=[
            (group, [_shown(answer, row) for row in records(rows)])
            for group, rows in parts(answer.rows, "group").items()
        ],
        cues=[(CUES[name].label, share_text(one)) for name, one in answer.cues.items()],
        errors=records(answer.errors),
        worst=records(answer.by_case.filter(WORST).head(5)),
        no_claim=NO_CLAIM,
        made=provenance(),
        number=number_text,
    )


def _shown(answer: Answer, row: dict[str, object]) -> dict[str, object]:
    """A row of the table of effects, as the page prints it."""
    effect = answer.effects[str(row["edit"])]
    seeds, form = effect.over_seeds, number_text if answer.scores else share_text
    return {
        **row,
        "changed": form(effect.changed),
        "seeds": form(seeds) if seeds else "",
        "followed": share_text(effect.follows),
    }
