"""Tables about real images: readers and networks, edits by mask and exact rendering, planes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.baselines.tissue import READERS
from intensity.data.tissue import TISSUES, Patches

Arrays = Mapping[str, np.ndarray]
_NUMBERS = ("changed", "followed", "exact", "exact_followed")
_LABELS = {name: label for name, (label, _) in READERS.items()}


def patch_table(patches: Patches) -> pd.DataFrame:
    """What patches are of.

    Returns:
        Columns tissue (of the middle), slice, row, column (of the middle in the template), level
        (mean of the object, grey levels), area (pixels of the object).
    """
    place = dict(zip(("slice", "row", "column"), patches.place.T, strict=True))
    area = patches.object.sum(axis=(1, 2))
    tissue = np.array(TISSUES)[patches.label]
    return pd.DataFrame({"tissue": tissue, **place, "level": patches.level, "area": area})


def tissue_accuracy_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Accuracies of networks and readers for people.

    Args:
        rows: of `measurement_rows`, with ids "accuracy/tissue/...".

    Returns:
        Columns name, accuracy (with its interval), seeds (0 for a reader), method.
    """
    name = rows["id"].str.split("/").str[2]
    columns = {"name": name.replace(_LABELS), "accuracy": rows["text"]}
    return pd.DataFrame({**columns, "seeds": rows["seeds"], "method": rows["method"]})


def mask_effect_table(measured: Mapping[str, Sequence[Arrays]]) -> pd.DataFrame:
    """Effects of edits by mask, beside the same changes rendered exactly.

    Args:
        measured: what `audit.tissue.tissue_effects` returns, one for each seed, by network.

    Returns:
        One row a network, seed and edit: columns network, seed, edit, label, changed, followed,
        exact, exact_followed (shares of answers, missing where there is none), difference (changed
        minus exact), cases, unusual.
    """
    parts = [
        pd.DataFrame(dict(arrays)).assign(network=network, seed=seed)
        for network, group in measured.items()
        for seed, arrays in enumerate(group)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(difference=table["changed"] - table["exact"])


def mask_effect_summary(table: pd.DataFrame) -> pd.DataFrame:
    """The means over seeds of `mask_effect_table`.

    Returns:
        One row a network and edit: columns network, edit, label, the shares, low and high (the
        smallest and the largest `changed` of a seed), cases (fewest), unusual (of any seed).
    """
    groups = table.groupby(["network", "edit", "label"], sort=False)
    means = groups[[*_NUMBERS, "difference"]].mean()
    ends = {"low": groups["changed"].min(), "high": groups["changed"].max()}
    told = {"cases": groups["cases"].min(), "unusual": groups["unusual"].any()}
    return means.assign(**ends, **told).reset_index()


def scene_difference_table(compared: Mapping[str, Sequence[Arrays]]) -> pd.DataFrame:
    """The same of scenes.

    Args:
        compared: what `audit.truth.compare` returns, one for each seed, by network.

    Returns:
        Columns network, seed, edit, changed, exact, difference, cases; edits that can be rendered.
    """
    parts = [
        pd.DataFrame(dict(arrays)).assign(network=network, seed=seed)
        for network, group in compared.items()
        for seed, arrays in enumerate(group)
    ]
    table = pd.concat(parts, ignore_index=True).rename(columns={"audit": "changed"})
    rendered = table[table["exact"].notna()]
    return rendered.assign(difference=rendered["changed"] - rendered["exact"])


def difference_table(tissue: pd.DataFrame, scenes: pd.DataFrame) -> pd.DataFrame:
    """How far edits by mask are from exact rendering, means over seeds.

    Args:
        tissue: of `mask_effect_table`.
        scenes: of `scene_difference_table`.

    Returns:
        Columns images ("tissue" or "scenes"), network, edit, changed, exact, difference.
    """
    parts = []
    for images, table in (("tissue", tissue), ("scenes", scenes)):
        means = table.groupby(["network", "edit"], sort=False)[["changed", "exact", "difference"]]
        parts.append(means.mean().reset_index().assign(images=images))
    both = pd.concat(parts, ignore_index=True).dropna(subset="exact")
    return both[["images", "network", "edit", "changed", "exact", "difference"]]


def largest_differences(table: pd.DataFrame) -> pd.Series:
    """The largest difference between mask and exact rendering over edits and networks, by seed.

    Args:
        table: columns seed and difference.
    """
    return table["difference"].abs().groupby(table["seed"]).max()


def mask_plane_table(planes: Mapping[str, Sequence[Arrays]]) -> pd.DataFrame:
    """The class answered at every level of object and surround, set by mask.

    Args:
        planes: what `audit.tissue.tissue_level_plane` returns, one for each seed, by network.

    Returns:
        Columns network, object, surround (grey levels), class (most often answered, over seeds),
        share (of images that are), seen (whether the data have such levels), cases (patches).
    """
    parts = []
    for network, group in planes.items():
        levels, seen = group[0]["levels"], group[0]["seen"]
        share = np.mean([plane["share"] for plane in group], axis=0)
        around, level = (axis.ravel() for axis in np.meshgrid(levels, levels, indexing="ij"))
        columns = {
            "network": network, "object": level, "surround": around,
            "class": share.argmax(axis=-1).ravel(), "share": share.max(axis=-1).ravel(),
            "seen": seen.ravel(), "cases": int(group[0]["cases"]),
        }  # fmt: skip
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def core_share_table(measured: Sequence[Arrays]) -> pd.DataFrame:
    """What is answered where core and ring show two classes.

    Args:
        measured: what `analysis.tissue.core_answers` returns, one for each seed.

    Returns:
        One row a seed and detail ("" for all images, "/middle_in_core", "/middle_in_ring"): columns
        detail, seed, share (of the core, of answers that name core or ring), third (share of all
        that name neither), images.
    """
    rows = []
    for seed, arrays in enumerate(measured):
        at = [arrays["predicted"] == arrays[part] for part in ("core", "ring")]
        where = {"": np.ones_like(at[0]), "/middle_in_core": arrays["middle"]}
        for detail, kept in (where | {"/middle_in_ring": ~arrays["middle"]}).items():
            core, ring = (int(one[kept].sum()) for one in at)
            count = int(kept.sum())
            share, third = core / max(core + ring, 1), 1 - (core + ring) / max(count, 1)
            rows.append((detail, seed, share, third, count))
    return pd.DataFrame(rows, columns=["detail", "seed", "share", "third", "images"])
