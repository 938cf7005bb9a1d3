"""Where a network looks: one method a module, all with one signature.

    method(model, images, *, classes=None, batch=64, <the method's own>) -> (n, h, w) float32

`inputs` says what models, images and classes are accepted. `gradient` is the slope of a logit at
every pixel. `occlusion` is what a logit or a probability loses when a window is covered.
A positive value always speaks for the class that is explained, the predicted one if none is given.

Keras and TensorFlow are imported inside the functions that compute, so that what a store already
has is read without them.
"""
