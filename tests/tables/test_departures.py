"""Departures from the paper, read from configurations."""

from types import SimpleNamespace

import pytest

from fakes import FakeRun
from intensity import tables
from intensity.training.presets import SETTINGS


def configuration(network: str, setting: str, recipe: dict[str, object]) -> SimpleNamespace:
    """What is compared with the paper."""
    run = FakeRun(network=network, setting=SETTINGS[setting], recipe=recipe)
    return run.configuration


RECIPE = {
    **{"repeat": True, "epoch_images": 12_345, "epochs": 7, "images": 98_765, "batch": 17},
    **{"learning_rate": 0.02, "weight_decay": 3e-6, "schedule": "cosine"},
    **{"freeze_after": 2, "beta_2": 0.95, "clip_norm": 1.0},
}


@pytest.mark.parametrize(
    ("repeat", "shown"), [(True, "12,345 images, 7 epochs"), (False, "98,765 images, none twice")]
)
def test_departures_quote_what_was_run_by_any_name(repeat: bool, shown: str) -> None:
    recipe = RECIPE | {"repeat": repeat}
    mine = {
        "anything": configuration("small", "squares", recipe),
        "one": configuration("bn_compact", "discs", recipe),
        "two": configuration("bn_compact", "discs", recipe | {"batch": 128}),
    }
    table = tables.departure_table(mine).set_index("what")
    assert list(table) == ["paper", "here", "why"]
    assert (table.map(len) > 0).all().all()
    assert {"saliency map", "occlusion map"} <= set(table.index)
    assert table.loc["images: anything", "here"] == table.loc["images: one, two", "here"] == shown
    assert table.loc["batch: one", "here"] == "17"
    assert table.loc["network: one, two", "here"] == "bn_compact"
    assert table.loc["scale: one, two", "here"] == "64 px, object of 197 px"
    frozen = "frozen after 24,690 images, at averages over 4,096 training scenes"
    assert table.loc["batch norm: one, two", "here"] == frozen
    assert table.loc["Adam: one, two", "here"] == "beta_2 0.95, gradient clipped to norm 1"
    assert "0.02" in table.loc["learning rate: anything", "here"]


def test_what_is_as_in_the_paper_is_no_departure() -> None:
    recipe = {
        **{"repeat": True, "epoch_images": 200_000, "epochs": 10, "images": 2_000_000},
        **{"batch": 128, "learning_rate": 0.001, "weight_decay": 0.0, "schedule": "constant"},
        **{"freeze_after": None, "beta_2": 0.999, "clip_norm": None},
    }
    mine = {
        "summary": configuration("large", "squares", recipe),
        "authors": configuration("bn_tiny", "discs_full", recipe),
    }
    what = {name.split(":")[0] for name in tables.departure_table(mine)["what"]}
    assert not what & {
        "learning rate",
        "scale",
        "batch",
        "network",
        "first thresholds",
        "Adam",
    }
    assert "images: authors" in set(tables.departure_table(mine)["what"])
