"""Where benchmarks leave their rows: results.json, and the table made from it in README.md."""

import datetime
import json
import os
from pathlib import Path
from typing import Any

from intensity.storage.code_digest import processor
from intensity.storage.files import write_aside

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
README = HERE / "README.md"
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
THREADS = 2
"""Of every library that is timed, unless a row says otherwise."""

Row = dict[str, Any]


def keep(rows: list[Row]) -> None:
    """Put rows into results.json, in place of those of the same name and peer, and renew the table.

    Args:
        rows: each with name, ours, peer (a number, or None without one), peer_name, peer_version,
            unit, ratio and max_difference (None where nothing is compared), and what else there is.
    """
    record = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else {"results": []}
    new = {(row["name"], row["peer_name"]) for row in rows}
    kept = [row for row in record["results"] if (row["name"], row["peer_name"]) not in new]
    here = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    record = {"results": kept + [{**row, **here} for row in rows], "threads": THREADS}
    write_aside(RESULTS, json.dumps(record, indent=1) + "\n")
    before, _, rest = README.read_text("utf8").partition(BEGIN)
    _, _, after = rest.partition(END)
    write_aside(README, f"{before}{BEGIN}\n\n{table(record)}\n\n{END}{after}")


def table(record: Row) -> str:
    """The rows as a Markdown table, and on what they were measured."""
    lines = [
        "| what | ours | peer | ratio | largest difference | measured on |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_line(row) for row in record["results"]),
        "",
        f"{record['threads']} threads. Ratio above 1: ours is faster. Differences are relative to "
        "a map's largest value: median over images of the largest one, in brackets the share of "
        "images within 1e-4. Integrated gradients: xplique and pair take steps at both ends where "
        "we and captum take their middles; what full passes of one changed pixel or of a direction "
        "say is rounded to float32." + _resolved(record["results"]),
    ]
    return "\n".join(lines)


def _resolved(rows: list[Row]) -> str:
    """How many maps of integrated gradients float32 determines to 1e-4."""
    found = [row["from_float64"] for row in rows if "from_float64" in row]
    if not found:
        return ""
    ours, peer = (100 * found[0][name]["within_1e-4"] for name in ("ours", "peer"))
    return (
        f" Of integrated gradients in float32, {ours:.0f} % of our maps and {peer:.0f} % of "
        "captum's are within 1e-4 of captum's in float64: a kink of the network that falls on the "
        "other side of a step moves a map by more."
    )


def _line(row: Row) -> str:
    """One row of the table."""
    peer, ratio = "-", "-"
    if row["peer"] is not None or "shown" in row:
        peer = f"{_amount(row, 'peer')} ({row['peer_name']} {row['peer_version']})"
    if row["peer"] is not None and row["ratio"] is not None:
        ratio = f"{row['ratio']:.2f}" if row["ratio"] < 100 else f"{row['ratio']:,.0f}"
    apart = "-"
    if row["max_difference"] is not None:
        apart = f"{row['max_difference']:.0e}"
        if "median_difference" in row:
            apart = f"{row['median_difference']:.0e} ({100 * row['within_1e-4']:.0f} %)"
    where = f"{row['processor']}, {row['date']}"
    return f"| {row['name']} | {_amount(row, 'ours')} | {peer} | {ratio} | {apart} | {where} |"


def _amount(row: Row, side: str) -> str:
    """What one side took, with the images that it was shown where they count."""
    if row[side] is None:
        return "not reached"
    images = f", {row['shown'][side]:,} images" if "shown" in row else ""
    return f"{_number(row[side])} {row['unit']}{images}"


def _number(value: float) -> str:
    """Three digits, with separators where there are more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
