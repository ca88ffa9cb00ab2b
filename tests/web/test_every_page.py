"""Every page of the dashboard, as everybody sees it: new pages are found by themselves."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from google.protobuf.message import Message

from services.web.dashboard.rendering import Rendering
from services.web.dashboard.routes import routes
from tests.each import for_each
from tests.web.browser import Reply
from tests.web.dashboard import MEMBERS, Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPEN = re.compile(r"/dashboard(/(sign-in|link|invitation))?$")
ID = re.compile(r"{(\w+)(?::([a-z]+)_[^{}]*)?}")
# Paths as routes write them, such as /dashboard/{account_id:acct_[A-Za-z0-9]+}/usage.
ADDRESSES = {(route.method, route.path) for route in routes() if not OPEN.search(route.path)}
PAGES = sorted(path for method, path in ADDRESSES if method == "GET")
FORMS = sorted(path for method, path in ADDRESSES if method == "POST")
OF_MEMBERS = [path for path in PAGES if {"account_id", "chatbot_id"} & {found[1] for found in ID.finditer(path)}]
OF_OPERATORS = [path for path in PAGES if "/installation/" in path]
# Those that need no id beside, so that there is something to see.
WHOLE = [path for path in OF_MEMBERS if len(ID.findall(path)) == 1]

MANY_TEMPLATES = 15

# What is missing on a page, and said there, while a service is away.
PARTS = {"quota": ("/usage", "/ledger"), "retrieval": ("/sources",), "chat": ("/conversations",)}


def address(dashboard: Dashboard, path: str) -> str:
    """The path with the ids of this account and chatbot; others are made up."""
    ours = {"account_id": dashboard.account.id, "chatbot_id": dashboard.chatbot.id}
    return ID.sub(lambda found: ours.get(found[1], f"{found[2] or 'x'}_00000000000000000000"), path)


@for_each("path", WHOLE)
async def test_each_role_sees_it_or_is_told_who_may(dashboard: Dashboard, path: str) -> None:
    for who in (*MEMBERS, "operator"):
        reply = await dashboard.get(address(dashboard, path), who)
        assert reply.status in ((200, 303) if who in ("owner", "operator") else (200, 303, 403)), reply.text
        if reply.status == 403:
            assert f"Your role ({who}) can't do this." in reply.page.text
            assert reply.page.all("nav", **{"aria-label": "Account"}), "a way to other pages"
            assert_may_leave(reply, who)


@for_each("path", WHOLE)
async def test_a_viewer_is_shown_no_form_that_changes_anything(dashboard: Dashboard, path: str) -> None:
    reply = await dashboard.get(address(dashboard, path), "viewer")
    forms = reply.page.all("form", method="post")
    assert {form.get("action") for form in forms} <= {"/dashboard/sign-out"}


@for_each("path", OF_MEMBERS)
async def test_it_is_nobody_else_s(dashboard: Dashboard, path: str) -> None:
    nowhere = await dashboard.get("/dashboard/nowhere", "stranger")
    foreign = await dashboard.get(address(dashboard, path), "stranger")
    assert (foreign.status, foreign.text) == (404, nowhere.text)
    assert_may_leave(foreign, "stranger")


@for_each("path", OF_OPERATORS)
async def test_it_is_for_operators_and_others_are_told_so(dashboard: Dashboard, path: str) -> None:
    reply = await dashboard.get(address(dashboard, path), "owner")
    assert reply.status == 403
    assert_may_leave(reply, "owner")


def assert_may_leave(reply: Reply, who: str) -> None:
    """A page that refuses says to whom, and lets them sign out and in again as somebody else."""
    assert reply.page.one("nav", **{"aria-label": "Your own"}).text == f"{who.capitalize()} Sign out"
    assert reply.page.all("form", action="/dashboard/sign-out")


@for_each("path", PAGES)
async def test_without_a_session_it_leads_to_sign_in_and_without_a_token_to_nothing(
    dashboard: Dashboard, path: str
) -> None:
    here = address(dashboard, path)
    reply = await dashboard.get(here, "")
    assert (reply.status, reply.location[:27]) == (303, "/dashboard/sign-in?next=%2F")
    # Whoever reaches the port of the process itself.
    async with dashboard.client.get(here, allow_redirects=False) as past_the_edge:
        assert past_the_edge.status == 401


@for_each("path", FORMS)
async def test_a_form_is_posted_to_a_page_and_by_nobody_else(dashboard: Dashboard, path: str) -> None:
    assert ("GET", path) in ADDRESSES
    if path in OF_MEMBERS:
        assert (await dashboard.post(address(dashboard, path), {"name": "x"}, "stranger")).status == 404


async def test_its_template_is_given_no_message(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Mapping[str, Any]] = {}
    html = Rendering.html

    def noted(rendering: Rendering, template: str, values: Mapping[str, Any]) -> str:
        given[template] = values
        return html(rendering, template, values)

    monkeypatch.setattr(Rendering, "html", noted)
    for path in WHOLE:
        await dashboard.get(address(dashboard, path))
    assert len(given) > MANY_TEMPLATES
    assert [
        template for template, values in given.items() if any(isinstance(each, Message) for each in held(values))
    ] == []


def held(value: Any) -> Iterator[Any]:
    """The value and all that it holds."""
    yield value
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    inner = value.values() if isinstance(value, Mapping) else value if is_list else ()
    fields = [getattr(value, field.name, None) for field in getattr(value, "__dataclass_fields__", {}).values()]
    for each in (*inner, *fields):
        yield from held(each)


@pytest.mark.parametrize("service", PARTS)
async def test_it_stands_while_a_service_is_away(dashboard: Dashboard, service: str) -> None:
    """Only Auth is needed for all of it; the others are missing in their parts."""
    assert [end for end in PARTS[service] if not any(path.endswith(end) for path in WHOLE)] == []
    async with dashboard.without(service):
        for path in WHOLE:
            reply = await dashboard.get(address(dashboard, path))
            assert reply.status in (200, 303), f"{path} without {service}: {reply.status}"
            if path.endswith(PARTS[service]):
                said = reply.page.one(class_="failure").text
                assert said.startswith(f"The {service.capitalize()} service does not answer. Try again."), path
