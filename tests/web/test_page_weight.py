"""Each page with its lists full: what a browser has to fetch, and what services have to do."""

import pytest

from services.config.settings import load_settings
from services.web.dashboard.static_files import dashboard_files
from services.web.dashboard.visit import PAGE_SIZE
from tests.web.browser import Reply
from tests.web.dashboard import Dashboard
from tests.web.filled.addresses import addresses
from tests.web.filled.filled import fill
from tests.web.filled.size import Size
from tests.web.html_check import Element
from tests.web.page_costs import Cost, counted
from tests.web.page_weight import MAXIMUM_BYTES, MAXIMUM_REQUESTS, PageWeight, compressed

pytestmark = pytest.mark.asyncio(loop_scope="session")

MORE_THAN_A_PAGE = PAGE_SIZE + 10
VISITS = 4
LISTS = {f"acct/{name}" for name in ("", "audit", "members", "usage/ledger")} | {
    f"bot/{name}" for name in ("conversations", "questions", "sources", "unanswered")
}


async def test_full_pages_are_small_and_take_few_requests_calls_and_statements(dashboard: Dashboard) -> None:
    many = MORE_THAN_A_PAGE
    turns = {"turns": many * many, "turns_of_session": many}
    size = Size(many, many, **turns, pairs=many, people=many, accounts=many, events=many)
    settings = load_settings({"CHATMOUNT_HOME": str(dashboard.home)})
    user = dashboard.users["owner"].id
    known = await fill(settings, dashboard.account.id, dashboard.chatbot.id, user, size, dashboard.clock.now)
    files = {name: compressed(content) for name, content in dashboard_files().contents.items()}
    full, faults = set(), {}
    for name, address in addresses(known):
        reply, cost = await visited(dashboard, name, address)
        if reply.status == 303 or not reply.headers["Content-Type"].startswith("text/html"):
            continue
        assert reply.status == 200, f"{name}: {reply.status}"
        weight = PageWeight.of(reply.text)
        sent = weight.compressed_bytes + sum(files[file.rpartition("/")[2]] for file in weight.files)
        if sent > MAXIMUM_BYTES or weight.requests > MAXIMUM_REQUESTS or cost.is_too_much(name):
            faults[name] = (sent, weight.requests, cost)
        full |= {name} if longest(reply.page) >= PAGE_SIZE else set()
    assert faults == {}
    assert full >= LISTS


async def visited(dashboard: Dashboard, name: str, address: str) -> tuple[Reply, Cost]:
    """The page, and what it took in the best of some visits: work beside them is counted too."""
    for _ in range(VISITS):
        with counted() as cost:
            reply = await dashboard.get(address, "operator" if name.startswith("installation") else "owner")
        if not cost.is_too_much(name):
            break
    return reply, cost


def longest(page: Element) -> int:
    """How many entries the longest list or table has."""
    return max((len(element.children) for element in page.walk() if element.tag in {"tbody", "ul"}), default=0)
