"""Explore a trained network: change one factor of a scene, see its response and its explanations.

`view` turns controls into arrays, `pictures` draws them, `widgets` is the page, `networks` finds
what can be explored, `serve` opens notebooks/explore.ipynb as a page of its own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from intensity.explorer.networks import usual_store
from intensity.explorer.widgets import Page


def show() -> None:
    """Show the explorer in a notebook; where there is no network at all, train a small one."""
    from IPython.display import display

    with _silent():
        page = Page(usual_store())
    display(page.box)  # type: ignore[no-untyped-call]
    if page.is_empty:
        with _silent():
            page.train_network()


@contextmanager
def _silent() -> Iterator[None]:
    """Drop what TensorFlow writes to the file of standard error before its settings are read."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


__all__ = ["Page", "show"]
