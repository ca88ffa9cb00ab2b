"""The page on performance names every queue of the services, with its bound."""

import re

from tests.pages import ROOT, text_of

QUEUE = re.compile(r"\b(?:Semaphore|ThreadPoolExecutor|Queue|deque|TCPConnector)\(")


def test_the_page_names_every_file_in_which_something_may_wait() -> None:
    table = text_of("docs/performance.md").partition("## Queues")[2]
    named = set(re.findall(r"`(services/[\w/]+\.py)`", table))
    # The command line waits for itself.
    files = (path for path in (ROOT / "services").rglob("*.py") if "cli" not in path.parts)
    holding = {str(path.relative_to(ROOT)) for path in files if QUEUE.search(path.read_text("utf-8"))}
    assert holding <= named
    assert all((ROOT / file).is_file() for file in named)
