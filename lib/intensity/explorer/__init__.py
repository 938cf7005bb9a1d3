"""Explore a trained network: change one factor of a scene, see its response and its explanations.

`view` turns controls into arrays, `pictures` draws them, `widgets` is the page, `networks` finds
what can be explored, `serve` opens notebooks/explore.ipynb as a page of its own.
"""

import os

from intensity.environment import stderr_to
from intensity.explorer.widgets import Page
from intensity.training.runs import usual_store


def show() -> None:
    """Show the explorer in a notebook; where there is no network at all, train a small one."""
    from IPython.display import display

    with stderr_to(os.devnull):
        page = Page(usual_store())
    display(page.box)  # type: ignore[no-untyped-call]
    if page.is_empty:
        with stderr_to(os.devnull):
            page.train_network()


__all__ = ["Page", "show"]
