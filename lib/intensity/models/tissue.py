"""Networks for patches of the template: one that may use all, and two that are blind by design.

- `raw` reads grey levels: level, contrast, layout, whatever it finds.
- `zscored` has the same body behind a layer that brings every patch to mean 0 and variance 1: it
  cannot know an offset or a gain of the whole patch.
- `pixel` reads the middle of the patch alone: it cannot know contrast, shape or surround.
- `augmented` is built as `raw`; it is trained on patches whose levels are changed.

No layer pools: the class is the tissue of one voxel, and the largest of four has lost its place.
A body has two paths: convolutions with stride 2 see the whole patch, plain ones its middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from intensity.data.tissue import SIDE, TISSUES

if TYPE_CHECKING:
    import keras

Kind = Literal["raw", "zscored", "augmented", "pixel"]
WIDE, NARROW = (16, 32, 32), (32, 32)
"""Channels of the convolutions, 3 x 3, that see the whole patch, and those that see its middle."""
MIDDLE = 7
"""Side of the middle, pixels."""
HIDDEN = 64


def build_tissue(kind: Kind, seed: int) -> keras.Model:
    """A Keras model with fresh weights, from (n, SIDE, SIDE, 1) grey levels to logits of tissues.

    Args:
        kind: which of the networks.
        seed: of the initial weights.
    """
    import keras  # a list of finished trainings needs none
    from keras import layers

    from intensity.models.build import keras_defaults

    seeds = np.random.Generator(np.random.Philox(key=seed))

    def options() -> dict[str, object]:
        """Of the next layer that learns."""
        initializer = keras.initializers.GlorotUniform(int(seeds.integers(2**31)))
        return {"activation": "relu", "kernel_initializer": initializer}

    def middle(side: int) -> keras.Layer:
        """What cuts a square around the middle pixel."""
        first = (SIDE - side + 1) // 2
        return layers.Cropping2D(((first, SIDE - side - first),) * 2, name="middle")

    with keras_defaults():
        images = keras.Input((SIDE, SIDE, 1), name="grey_levels")
        if kind == "zscored":
            axes = {"axis": [1, 2, 3], "center": False, "scale": False}
            x = layers.LayerNormalization(**axes, epsilon=1e-6, name="standardize")(images)
        else:
            x = layers.Rescaling(1 / 64, -2.0, name="rescale")(images)
        if kind == "pixel":
            x = layers.Flatten(name="flatten")(middle(1)(x))
        else:
            wide, narrow = x, middle(MIDDLE)(x)
            for i, channels in enumerate(WIDE, start=1):
                spread = {"strides": 2, "padding": "same", "name": f"wide{i}"}
                wide = layers.Conv2D(channels, 3, **spread, **options())(wide)
            for i, channels in enumerate(NARROW, start=1):
                narrow = layers.Conv2D(channels, 3, name=f"narrow{i}", **options())(narrow)
            both = [layers.Flatten()(path) for path in (wide, narrow)]
            x = layers.Concatenate(name="both")(both)
        x = layers.Dense(HIDDEN, name="dense1", **options())(x)
        logits = layers.Dense(len(TISSUES), name="logits", **(options() | {"activation": None}))(x)
        return keras.Model(images, logits, name=kind)
