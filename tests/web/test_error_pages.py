"""Refusals as pages: each with its status, what to do, and nothing of the inside."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from services.config.settings import load_settings
from services.errors import ChatmountError, Reason, Text, invalid, refusal
from services.trust.principal import SERVICES
from services.web.build import open_web
from tests.each import for_each
from tests.web.html_check import read

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIGNED_IN = {"authorization": "Bearer x", "x-request-id": "the-request"}
PATH = "/dashboard/that/fails"


@dataclass
class Refusing:
    """The web process with a page that ends with `error`; nobody else is there."""

    client: "TestClient[Any, Any]"
    error: Exception

    async def fail(self, _: web.Request) -> web.Response:
        raise self.error


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refusing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Refusing]:
    nobody = {f"CHATMOUNT_{service.upper()}_ADDRESS": "127.0.0.1:9" for service in SERVICES}
    home = {"CHATMOUNT_HOME": str(tmp_path_factory.mktemp("web"))}
    async with open_web(load_settings(home | nobody)) as app:
        refusing = Refusing(TestClient(TestServer(app)), RuntimeError())
        app.router.add_route("*", PATH, refusing.fail)
        async with refusing.client:
            yield refusing


@for_each(
    ("error", "status", "said"),
    [
        (refusal(Text.NOT_FOUND, thing="API key"), 404, "belongs to an account that you are not a member of"),
        (refusal(Text.LINK_ENDED), 404, "This link has ended This link was used or is too old."),
        (refusal(Text.MEMBER_ROLE, role="viewer", least="owner"), 403, "It takes an owner of the account."),
        (refusal(Text.LAST_OWNER), 409, "Make somebody else an owner first."),
        (refusal(Text.KEY_LIMIT, plan="plus", keys="15 keys"), 409, "allows 15 keys"),
        (refusal(Text.MINUTE_LIMIT, requests=10, wait="40 seconds", retry_after=40), 429, "Again in 40 s."),
        (refusal(Text.SERVICE_SILENT, service="Chat"), 503, "The Chat service does not answer. Try again."),
        (refusal(Text.TOO_SLOW), 504, "The answer took too long."),
        (invalid("page_token is wrong."), 400, "page_token is wrong."),
        (refusal(Text.INTERNAL), 500, "request the-request"),
        (ZeroDivisionError("the inside"), 500, "request the-request"),
        (web.HTTPRequestEntityTooLarge(10, 20), 413, "That is too large"),
    ],
)
async def test_a_refusal_is_a_page_that_says_what_to_do(
    refusing: Refusing, error: Exception, status: int, said: str
) -> None:
    refusing.error = error
    async with refusing.client.get(PATH, headers=SIGNED_IN) as reply:
        text = await reply.text()
        assert reply.status == status
        assert said in read(text).text
        assert "inside" not in text
        wait = error.retry_after if isinstance(error, ChatmountError) else None
        assert reply.headers.get("Retry-After") == (None if wait is None else str(wait))


@for_each("reason", [Reason.SESSION_ENDED, Reason.INVALID_TOKEN])
@for_each(("method", "path"), [("GET", f"{PATH}?page=a"), ("POST", PATH)])
async def test_a_session_that_has_ended_leads_to_sign_in_and_back(
    refusing: Refusing, reason: Reason, method: str, path: str
) -> None:
    way = "/dashboard/sign-in?next=" + path.replace("/", "%2F").replace("?", "%3F").replace("=", "%3D")
    refusing.error = ChatmountError(reason, "over")
    async with refusing.client.request(method, path, headers=SIGNED_IN, allow_redirects=False) as reply:
        assert (reply.status, reply.headers["Location"]) == (303, way)
    by_htmx = SIGNED_IN | {"hx-request": "true"}
    async with refusing.client.request(method, path, headers=by_htmx, allow_redirects=False) as reply:
        assert (reply.status, reply.headers["HX-Redirect"]) == (401, way)
        assert "Location" not in reply.headers
