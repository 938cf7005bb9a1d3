"""Where a network looks: one method a module, all with one signature.

    method(model, images, *, classes=None, output="logit", batch=64, <the method's own>) -> maps

`model` is any built Keras model from one grey image to a row of logits. `images` are one (h, w) or
many (n, h, w) or (n, h, w, 1), whole numbers or floats, grey levels. The class that is explained is
given, one for all or one each, or the predicted one; what is explained is its logit or its softmax
probability. At most `batch` images pass through the model at once. Maps are (n, h, w) float32; what
has more to say (`Integrated`, `Differences`) is a named tuple whose first field is maps.

A positive value speaks for the class that is explained; every docstring says how.

| module | what it shows |
|---|---|
| `gradient` | slope of the score at every pixel; times the pixel |
| `smooth_grad` | mean slope over noisy copies |
| `integrated_gradients` | slopes along a line from a baseline, or along a recoloring |
| `deeplift` | the same difference from a baseline, shared out unit by unit |
| `guided_backprop`, `grad_cam` | slopes along excitatory paths; active feature maps |
| `occlusion` | what is lost when a window is painted over |
| `finite_differences` | what one pixel can do |
| `pca_direction` | slope along the leading principal component of windows |

Underneath: `inputs` checks arguments, `passes` compiles what a model is asked, `windows` places
and fills windows, `changes` says what painting does, with `stages` and `incremental` where the
network allows to compute no more than what changes. Scores: `scoring` (data truth), `model_truth`,
`deletion`, beside `baselines`; checks: `sanity`.

Keras and TensorFlow are imported inside the functions that compute, so that what a store already
has is read without them.
"""
