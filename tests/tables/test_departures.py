"""Departures from the paper against stand-ins for runs."""

import pytest

from fakes import FakeRun
from intensity import tables
from intensity.training.presets import SETTINGS

NETWORKS = ("large", "small", "bn_compact", "bn_tiny")


@pytest.mark.parametrize(
    ("repeat", "shown"), [(True, "12,345 images, 7 epochs"), (False, "98,765 images, none twice")]
)
def test_departures_quote_what_was_run(repeat: bool, shown: str) -> None:
    recipe = {
        "repeat": repeat,
        "epoch_images": 12_345,
        "epochs": 7,
        "images": 98_765,
        "batch": 17,
        "learning_rate": 0.02,
        "weight_decay": 3e-6,
        "schedule": "cosine",
    }
    table = tables.departures({name: [FakeRun(recipe=recipe)] for name in NETWORKS})
    assert list(table) == ["what", "paper", "here", "why"]
    assert (table.map(len) > 0).all().all()
    here = " | ".join(table["here"])
    for number in (shown, "17", "0.02", "3e-06", "64 px", "197 px", "unit"):
        assert number in here
    assert {f"images, {name}" for name in NETWORKS} <= set(table["what"])


def test_what_is_as_in_the_paper_is_no_departure() -> None:
    recipe = {
        **{"repeat": True, "epoch_images": 200_000, "epochs": 10, "images": 2_000_000},
        **{"batch": 128, "learning_rate": 0.001, "weight_decay": 0.0, "schedule": "constant"},
    }
    full = FakeRun(recipe=recipe, setting=SETTINGS["discs_full"])
    what = set(tables.departures({name: [full] for name in NETWORKS})["what"])
    same = {
        f"{what} {name}" for what in ("images,", "learning rate,") for name in ("large", "small")
    }
    assert not what & (same | {"scale, discs", "batch, discs"})
    assert "images, bn_tiny" in what
