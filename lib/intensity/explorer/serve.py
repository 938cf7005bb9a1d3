"""The explorer as a page of its own: notebooks/explore.ipynb, served by Voila on this machine.

Its address has a token, as Jupyter's have: the page runs code, and other users of the machine must
not. A port that is taken leads to the next free one.
"""

import secrets
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Any

from intensity.environment import Layout, set_environment

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
        port: on `HOST`; where it is taken, another one.
        browser: whether to open it in a browser.
    """
    set_environment(layout.root, {"JUPYTER_PATH": str(Path(__file__).parent)})
    runtime = layout.root / ".cache" / "jupyter" / "runtime"
    runtime.mkdir(parents=True, exist_ok=True)
    from jupyter_server.auth.decorator import allow_unauthenticated
    from tornado.web import HTTPError
    from voila.app import Voila
    from voila.voila_identity_provider import VoilaLoginHandler

    tickets = [secrets.token_urlsafe()]

    class Door(VoilaLoginHandler):
        """In place of a form for a password, which nobody has."""

        @allow_unauthenticated  # or it would be led here again and again
        def get(self) -> None:
            """Let in who comes first with the ticket, refuse whoever else has no token."""
            if self.get_query_argument("ticket", "") not in tickets:
                raise HTTPError(403, "open the whole address that the explorer printed")
            tickets.clear()
            user = self.identity_provider.generate_anonymous_user(self)
            self.identity_provider.set_login_cookie(self, user)
            self.redirect(self.base_url)

    class Explorer(Voila):
        """Voila, which opens an address: not every browser may read other programs' files."""

        def init_settings(self) -> dict[str, Any]:
            """The settings of Voila, without its form."""
            settings: dict[str, Any] = super().init_settings()
            self.identity_provider.login_handler_class = Door
            return settings

        def launch_browser(self) -> None:
            """Say where the page is, and open it."""
            taken = f"port {port} is taken; " if self.port != port else ""
            line = f"intensity: {taken}the explorer is at {self.display_url}"
            print(line, file=sys.stderr, flush=True)
            if browser:  # not with the token, which others could read as the browser's argument
                address = f"http://{HOST}:{self.port}/login?ticket={tickets[0]}"
                threading.Thread(target=webbrowser.open, args=(address,)).start()

    options = [
        str(layout.root / "notebooks" / "explore.ipynb"),
        f"--template={TEMPLATE}",
        f"--Voila.ip={HOST}",
        f"--port={port}",
        "--Voila.auto_token=True",
        "--Voila.log_level=WARN",
        *(f"--VoilaConfiguration.extension_allowlist={name}" for name in EXTENSIONS),
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.allow_theme_override=NO",
        f"--Voila.connection_dir_root={runtime}",
    ]
    Explorer.launch_instance(argv=options)
