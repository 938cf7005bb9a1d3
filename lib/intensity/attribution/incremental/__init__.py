"""Occlusion that computes only what a change reaches.

`stages` reads a Keras model, `carrier` carries a change through its stages, `engine` does so for
many windows. For a model with unknown layers `stages_of` returns None. It depends on
`models` only.
"""
