"""Evaluation of attributions: localization, faithfulness, randomization.

Arguments that all share: `model`, from (n, h, w, 1) grey levels to (n, classes) logits; `scenes`, n
scenes; `runs`, of one network, one a seed; `count`, of its first test scenes; `method`, a row of
`METHODS` or `IMAGE_MAPS`; `maps` (n, h, w), numbers; `where` (n, h, w) bool, the pixels in
question; `part`, which part of the maps is scored: "signed", "positive" or "absolute".
"""
