"""What a network reads: how its units and its logits respond when an object's intensity changes.

`activations` reads layers, `predictions` answers. `profiles` follows every unit, `curves` the
logits, over exact sweeps of one scene's intensity. `errors` says at which intensities a network is
wrong. `panels` makes the maps of the paper's figure of one image. Results are arrays by name or
tables with plain columns, so that they can be stored and drawn.

Keras and TensorFlow are imported inside the functions that compute, so that what a store already
has is read without them.
"""
