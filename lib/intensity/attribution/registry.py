"""The attribution methods that are compared, one row each.

A dagger in a label marks an oracle (`Method.is_oracle`).

To add one, write a module in `methods/` and a row here: figures, tables, the explorer and the
tests of the common signature read the row.
"""

from __future__ import annotations

from intensity.attribution.cases import Method
from intensity.attribution.edge_filters import image_map, laplace_edges, random_map, sobel_edges
from intensity.attribution.methods.deeplift import deeplift
from intensity.attribution.methods.finite_differences import finite_differences
from intensity.attribution.methods.grad_cam import grad_cam
from intensity.attribution.methods.gradient import gradient, gradient_x_input
from intensity.attribution.methods.guided_backprop import guided_backprop
from intensity.attribution.methods.integrated_gradients import integrated_gradients
from intensity.attribution.methods.occlusion import occlusion
from intensity.attribution.methods.pca_direction import pca_direction
from intensity.attribution.methods.smooth_grad import smooth_grad
from intensity.values import InvalidInput

_IG, _WINDOWS = {"steps": 32}, {"window": 8, "stride": 4}

_ROWS = (
    Method("gradient", "gradient", gradient),
    Method("gradient_x_input", "gradient x input", gradient_x_input),
    Method("smooth_grad", "SmoothGrad", smooth_grad, {"samples": 16}),
    Method("guided_backprop", "guided backprop", guided_backprop),
    Method("grad_cam", "Grad-CAM", grad_cam),
    Method("pca_direction", "PCA direction", pca_direction),
    Method("deeplift", "DeepLIFT, no object †", deeplift, {"baseline": "empty"}),
    Method("integrated_gradients", "IG, no object †", integrated_gradients,
           {"baseline": "empty", **_IG}),
    Method("integrated_gradients_black", "IG, black", integrated_gradients,
           {"baseline": 0.0, **_IG}),
    Method("integrated_gradients_recolor", "IG, recolored †", integrated_gradients,
           {"baseline": "recolored", **_IG}),
    Method("occlusion", "occlusion, black", occlusion,
           {"fill": 0.0, **_WINDOWS}, group="perturbation"),
    Method("occlusion_probability", "occlusion, probability", occlusion,
           {"fill": 0.0, "output": "probability", "window": 8, "stride": 8}, group="perturbation"),
    Method("occlusion_generator", "occlusion, generator", occlusion,
           {"fill": "repaint", **_WINDOWS}, group="perturbation"),
    Method("finite_differences", "finite differences", finite_differences,
           {"levels": 6}, group="perturbation"),
)  # fmt: skip
METHODS: dict[str, Method] = {row.name: row for row in _ROWS}
"""Methods that explain a network, by name."""

_IMAGE_ROWS = (
    Method("random", "random", random_map, group="image"),
    Method("image", "image", image_map, group="image"),
    Method("sobel", "Sobel", sobel_edges, group="image"),
    Method("laplace", "Laplace", laplace_edges, group="image"),
)
IMAGE_MAPS: dict[str, Method] = {row.name: row for row in _IMAGE_ROWS}
"""Maps that need no network, by name: what every method has to beat."""


def find_method(name: str) -> Method:
    """A row of `METHODS` or of `IMAGE_MAPS`.

    Raises:
        InvalidInput: there is no such method.
    """
    rows = METHODS | IMAGE_MAPS
    if name not in rows:
        raise InvalidInput(f"method: {name!r} is not allowed: {', '.join(rows)}")
    return rows[name]
