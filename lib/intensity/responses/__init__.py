"""What a network reads: how its units and its logits respond when an object's intensity changes.

`activations` reads layers. `profiles` follows every unit, `curves` the logits, over exact sweeps of
one scene's intensity. `errors` says at which intensities a network is wrong. Results are
arrays by name or tables with plain columns, so that they can be stored and drawn.
"""
