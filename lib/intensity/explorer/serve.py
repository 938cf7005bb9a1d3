"""The explorer as a page of its own: notebooks/explore.ipynb, served by Voila on this machine."""

import socket
from pathlib import Path

from intensity.environment import Layout, set_environment
from intensity.values import InvalidInput

HOST = "127.0.0.1"
"""Only this machine is served."""

EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager")
"""The extensions of JupyterLab that the page needs; others only make it slower."""

TEMPLATE = "explorer"
"""The page around the notebook, in voila/templates/; it loads nothing from elsewhere."""


def serve(layout: Layout, port: int, browser: bool) -> None:
    """Serve the explorer until it is interrupted.

    Args:
        layout: the checkout.
        port: on `HOST`.
        browser: whether to open it in a browser.

    Raises:
        InvalidInput: the port is taken.
    """
    _check_free(port)
    set_environment(layout.root, {"JUPYTER_PATH": str(Path(__file__).parent)})
    runtime = layout.root / ".cache" / "jupyter" / "runtime"
    runtime.mkdir(parents=True, exist_ok=True)
    from voila.app import Voila

    options = [
        str(layout.root / "notebooks" / "explore.ipynb"),
        f"--template={TEMPLATE}",
        f"--Voila.ip={HOST}",
        f"--port={port}",
        "--Voila.port_retries=0",
        *(f"--VoilaConfiguration.extension_allowlist={name}" for name in EXTENSIONS),
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.allow_theme_override=NO",
        f"--Voila.connection_dir_root={runtime}",
        *([] if browser else ["--no-browser"]),
    ]
    Voila.launch_instance(argv=options)


def _check_free(port: int) -> None:
    """Refuse a port that another program has."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise InvalidInput(
                f"--port: {port} is not allowed: a port that is free ({error.strerror})"
            ) from None
