"""A folder of this machine as a site."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# As strict as the frame's.
POLICY = "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"


class _File(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("content-security-policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def site_of_files(folder: Path) -> Iterator[str]:
    """The URL under which the files are. Their pages may run no script but those that are among them."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_File, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
