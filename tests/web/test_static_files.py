"""Style and script: what is vendored is what was released, and it is small and kept for good."""

import gzip
import hashlib

from services.web.dashboard.static_files import FOLDER, PREFIX, dashboard_files
from services.web.static_files import StaticFiles

# Of the package htmx.org 4.0.1 in the npm registry.
RELEASED = {
    "htmx.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "hx-sse.min.js": "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
}
MAXIMUM_SCRIPT_BYTES = 20_000


def test_the_vendored_files_are_those_that_were_released() -> None:
    vendor = FOLDER / "vendor"
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendor.glob("*.js")}
    assert found == RELEASED
    lines = (line.split() for line in (vendor / "SHA256SUMS").read_text("utf-8").splitlines())
    assert {name: digest for digest, name in lines} == RELEASED
    assert "Zero-Clause BSD" in (vendor / "LICENSE").read_text("utf-8")


def test_the_script_is_small_on_the_wire() -> None:
    assert len(gzip.compress(dashboard_files().contents["app.js"])) <= MAXIMUM_SCRIPT_BYTES


def test_the_path_changes_with_the_content() -> None:
    files = dashboard_files()
    changed = StaticFiles.of(PREFIX, files.contents | {"app.css": b"p { color: red }"})
    assert changed.path("app.css") != files.path("app.css")
    assert StaticFiles.of(PREFIX, dict(files.contents)).path("app.css") == files.path("app.css")
