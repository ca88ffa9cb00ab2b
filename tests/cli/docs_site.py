"""A website on loopback: the documentation, with everything around it that sites get wrong."""

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

DOCS = Path(__file__).parents[2] / "docs"
HTML = "text/html; charset=utf-8"
PART = b"x" * 65536


@dataclass
class Answer:
    """What is served at a path. `endless`: the body never ends."""

    body: bytes = b""
    media_type: str = HTML
    status: int = 200
    location: str = ""
    endless: bool = False


@dataclass
class DocsSite:
    """Serves `pages`, with an ETag each, and remembers the requests and their statuses."""

    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    docs: list[str] = field(default_factory=list)
    url: str = ""

    def put(self, path: str, text: str, encoding: str = "utf-8", said: str = HTML, head: str = "") -> None:
        document = f"<!doctype html><html><head>{head}<title>{path}</title></head><body>{text}</body></html>"
        self.pages[path] = Answer(document.encode(encoding), said)

    def link(self, *paths: str) -> None:
        """Adds links to the first page."""
        links = "".join(f'<li><a href="{path}">{path}</a></li>' for path in paths)
        self.pages["/"].body = self.pages["/"].body.replace(b"</body>", links.encode() + b"</body>")

    def name_in_sitemap(self, *urls: str) -> None:
        locations = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
        text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locations}</urlset>'
        self.pages["/sitemap.xml"] = Answer(text.encode(), "application/xml")


def render_docs(site: DocsSite, number: int) -> None:
    """Puts so many pages of the documentation on the site, the shortest first."""
    markdown = MarkdownIt("commonmark").enable("table")
    for file in sorted(DOCS.glob("*.md"), key=lambda file: file.stat().st_size)[:number]:
        text = re.sub(r"\]\((\w[\w-]*)\.md", r"](\1.html", file.read_text("utf-8"))
        site.docs.append(f"/docs/{file.stem}.html")
        site.put(site.docs[-1], markdown.render(text))


@contextmanager
def serving(site: DocsSite) -> Iterator[None]:
    """Serves the site on a free port of loopback."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = site.pages.get(self.path.partition("?")[0], Answer(status=404))
            etag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
            status = 304 if answer.status == 200 and self.headers.get("If-None-Match") == etag else answer.status
            site.asked.append((self.path, status))
            self.send_response(status)
            if answer.status == 200:
                self.send_header("etag", etag)
                self.send_header("Content-Type", answer.media_type)
            if answer.location:
                self.send_header("Location", answer.location)
            if answer.endless:
                self.send_header("Content-Length", str(5 * 1024**3))
            self.end_headers()
            if status != 304:
                self.wfile.write(answer.body)
            try:
                while answer.endless:
                    self.wfile.write(PART)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
