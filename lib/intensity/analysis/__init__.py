"""Analyses of what networks and their units do with an object's intensity.

Arguments that all share: `model`, from (n, h, w, 1) grey levels to (n, classes) logits; `scenes`, n
scenes; `levels` (k,), increasing integers 0..255, the object's intensities on a sweep; `logits`
(n, k, classes) of scenes on a sweep; `layers`, names of layers, rectified layers and logits where
None; `batch`, images that pass through the model at once; `predictions`, a table of test
predictions with columns intensity, label, predicted and count.
"""
