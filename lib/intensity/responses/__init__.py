"""What a network reads: how its units and its logits respond when an object's intensity changes.

`activations` reads layers, `predictions` answers. `profiles` follows every unit over exact sweeps
of one scene's intensity, and `monotonicity`, `thresholds` and `probes` say what a unit or a layer
tells; `untrained` does so for random weights, `circuit` predicts a small network's first block.
`curves` follows the logits over the same sweeps, `planes` over intensity and background. `errors`
says at which intensities a network is wrong. `interventions` render scenes again with one thing
changed, `effects` counts the answers that change. `explanations` scores and checks attribution maps
against what can be known exactly; `comparison` and `scores` do so for all seeds. `panels` makes the
maps of the paper's figure of one image. Results are arrays by name or tables with plain columns, so
that they can be stored and drawn.

Keras and TensorFlow are imported inside the functions that compute, so that what a store already
has is read without them.
"""
