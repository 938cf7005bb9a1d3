"""What single cues tell of the class, on images where it is known."""

import numpy as np

from audited import arrays, discs
from intensity.audit.baselines import cue_accuracies
from intensity.audit.cases import make_cases


def test_the_cue_that_makes_the_class_tells_it_and_others_do_not() -> None:
    found = {name: one.value for name, one in cue_accuracies(discs(150)).items()}
    assert found["level_alone"] > 0.95
    assert found["area_alone"] < 0.5
    assert found["background_alone"] < 0.55


def test_a_contrast_and_an_area_are_told_too() -> None:
    given = arrays(150)
    spread = make_cases(**given).spread
    for name, number in (("contrast_alone", spread.contrast), ("area_alone", spread.area)):
        label = np.digitize(number, np.quantile(number, (1 / 3, 2 / 3)))
        found = {
            k: v.value for k, v in cue_accuracies(make_cases(**{**given, "label": label})).items()
        }
        assert found[name] > 0.9
        assert max(found, key=found.__getitem__) == name


def test_images_of_one_group_do_not_vote_for_each_other() -> None:
    """Each patient has a background of its own, and neighbors of the other class."""
    given = arrays(120)
    group = np.arange(120) // 6
    given["images"] = np.where(given["masks"], 100, 40 + 8 * group[:, None, None]).astype(float)
    label = group % 2
    cases = make_cases(**{**given, "label": label, "group": group})
    leaked = make_cases(**{**given, "label": label, "group": None})
    assert cue_accuracies(leaked)["background_alone"].value > 0.85
    assert cue_accuracies(cases)["background_alone"].value < 0.4
