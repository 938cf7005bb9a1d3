"""Names of results in words, where a registry or a preset has them."""

import pandas as pd

from fakes import rows
from intensity.tables.names import titled


def test_names_become_titles_and_other_columns_stay() -> None:
    table = pd.DataFrame(
        [("three_bands", "flat_patch", "moved"), ("hard", "bn_compact", "moved")],
        columns=["task", "name", "note"],
    )
    assert rows(titled(table)) == [
        ("three bands", "largest flat patch", "moved"),
        ("hard", "bn_compact", "moved"),
    ]
