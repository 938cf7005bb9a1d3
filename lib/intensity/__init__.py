"""How do ConvNets understand image intensity? Scenes, networks, measurements and figures.

Each folder imports only from those before it: statistics, data, models, baselines, attribution,
interventions, analysis, storage, training, evaluation, claims, tables, figures, report, runner,
explorer, audit. The functions here are a front door for notebooks; importing the package loads
nothing.

    import intensity
    from intensity.attribution import gradient

    images, labels = intensity.draw("hard", 1000)
    model = intensity.load("bn_compact", task="hard")
    maps = gradient(model, images[:8])
    intensity.plot(images[0], maps[0])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from intensity.data.scenes import SceneOptions
    from intensity.data.tasks import Task


def draw(
    task: str | Task = "hard",
    n: int = 1000,
    *,
    setting: str | SceneOptions | None = None,
    split: str = "test",
    first: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Images of a task with their classes: the same for the same arguments, on every machine.

    Args:
        task: a name from `intensity.training.presets.TASKS`, or a task.
        n: how many.
        setting: a name from `SETTINGS`, or scene options; by default those of the task.
        split: "train", "validation" or "test".
        first: number of the first scene of the split.

    Returns:
        (n, height, width) uint8 grey levels, and (n,) int64 classes.

    Raises:
        InvalidInput: a name is unknown, a number is out of range, or task and scenes do not fit.
    """
    from intensity.data.rendering import render
    from intensity.data.sampling import draw_scenes
    from intensity.training.presets import find_setting, find_task, usual_setting

    found = find_task(task)
    options = usual_setting(found) if setting is None else find_setting(setting)
    scenes = draw_scenes(found, options, split, first, n)
    return render(scenes), scenes.label


def load(
    network: str = "bn_compact",
    task: str = "hard",
    seed: int | None = None,
    *,
    setting: str | SceneOptions | None = None,
) -> keras.Model:
    """A trained network, published with the project or in the store, if by the code that is here.

    Of several that were trained on the same scenes, the one that saw most images.

    Args:
        network: a name from `intensity.training.presets.NETWORKS`.
        task: a name from `TASKS`, what it was trained on.
        seed: of its training; none for the least that there is.
        setting: the scenes that it was trained on; by default those of the task.

    Returns:
        A Keras model from (n, height, width, 1) grey levels to (n, classes) logits.

    Raises:
        InvalidInput: there is no such network; the line says which there are.
    """
    from intensity.training.presets import find_setting, find_task, usual_setting
    from intensity.training.runs import choose_run, usual_store

    options = usual_setting(find_task(task)) if setting is None else find_setting(setting)
    return choose_run(usual_store(), network, task, options, seed).model


def plot(image: np.ndarray, attribution: np.ndarray, ax: Axes | None = None) -> Figure:
    """An image beside its map: red speaks for the class that is explained, blue against it.

    Args:
        image: (h, w) grey levels.
        attribution: (h, w) values of the map; their largest magnitude is the end of the scale.
        ax: where both are drawn; by default in a figure of their own.

    Returns:
        The figure.

    Raises:
        InvalidInput: the shapes differ.
    """
    import numpy as np

    from intensity.figures.style import figure_of, new_axes, picture
    from intensity.values import InvalidInput

    pixels, values = np.squeeze(image), np.squeeze(attribution)
    if pixels.ndim != 2 or pixels.shape != values.shape:
        raise InvalidInput(
            f"attribution: shape {np.shape(attribution)} is not allowed: that of the image, "
            f"{np.shape(image)}, (h, w)"
        )
    axes = new_axes(4, 2.1, ax)
    most = float(np.abs(values).max()) or 1.0
    picture(axes, pixels, "gray", 0, 255, (0, 1, 0, 1))
    picture(axes, values, "RdBu_r", -most, most, (1.05, 2.05, 0, 1))
    axes.spines[:].set_visible(False)
    axes.set(xlim=(0, 2.05), ylim=(0, 1))
    return figure_of(axes)
