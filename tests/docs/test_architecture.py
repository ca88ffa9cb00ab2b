import re

from tests.pages import ROOT, text_of

# Said once for all services.
OF_EVERY_SERVICE = {"servicers", "store", "migrations", "versions"}


def test_the_page_on_architecture_names_every_folder_and_no_other() -> None:
    table = text_of("docs/architecture.md").partition("## Where things are in the repository")[2]
    named = set(re.findall(r"`((?:services|proto|gen|envoy|tests|bench|docs)/[\w/]*)`", table))
    folders = {path.parent for path in (ROOT / "services").rglob("*.py") if path.parent.name != "__pycache__"}
    there = {f"{folder.relative_to(ROOT)}/" for folder in folders if not OF_EVERY_SERVICE & set(folder.parts)}
    assert named - {"services/", "proto/", "gen/", "envoy/", "tests/", "bench/", "docs/"} == there - {"services/"}
    assert all((ROOT / folder).is_dir() for folder in named)
