"""A visit: one request for a page, who asks for it, and with which tokens."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import grpc
from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.clock import Clock
from services.errors import Text, refusal
from services.request_id import request_id
from services.rpc.access import role_name
from services.trust.principal import MemberRole
from services.web.callers import CALL_SECONDS, Metadata, Reply, Request, Services, call, metadata
from services.web.dashboard.forms import Form, read_form
from services.web.dashboard.long_requests import LongRequests
from services.web.dashboard.rendering import Rendering
from services.web.dashboard.texts import HOME_PATH, NOTICES
from services.web.dashboard.views import Account, Chatbot, Frame, Person
from services.web.token import WebToken

CLIENT_HEADER = "x-chatmount-client"
"""The browser's address, as the edge has written it."""
MAXIMUM_AGENT_LENGTH = 300
PAGE_SIZE = 50
"""Entries of a list that a page shows."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What all visits share."""

    services: Services
    rendering: Rendering
    token: WebToken
    clock: Clock
    https_port: int
    maximum_source_bytes: int
    url: str = ""
    """Where people see the dashboard, such as `https://chat.example.com/dashboard/`; "": where they ask."""
    long_requests: LongRequests = field(default_factory=LongRequests)


DASHBOARD = web.AppKey("dashboard", Dashboard)
KNOWN = web.RequestKey("known", Frame)
"""What a visit has found out before it was refused."""


@dataclass(slots=True)
class Visit:
    """A request for a page.

    `token` is what its calls carry: of the member on pages of accounts and chatbots, of the operator on theirs, of the
    person on `me`, of this process on the open ones. `user_token` is the person's own. `token_ends`: of a member's, in
    Unix seconds.
    """

    request: web.Request
    dashboard: Dashboard
    token: str
    user_token: str = ""
    token_ends: int = 0
    frame: Frame = field(init=False)

    def __post_init__(self) -> None:
        """Without a person as yet."""
        self.frame = Frame(
            path=self.request.path,
            request_id=request_id.get(),
            now=self.dashboard.clock(),
            notice=NOTICES.get(self.request.query.get("done", ""), ""),
            is_in_dialog=self.request.headers.get("hx-target", "").startswith("dialog"),
            is_later_page="page" in self.request.query,
        )

    @property
    def services(self) -> Services:
        """The stubs."""
        return self.dashboard.services

    @property
    def account(self) -> Account:
        """The account of the visit, on pages of accounts and chatbots."""
        assert self.frame.account is not None  # noqa: S101 - a page that asks for it elsewhere is wrong
        return self.frame.account

    @property
    def chatbot(self) -> Chatbot:
        """The chatbot of the visit, on its pages."""
        assert self.frame.chatbot is not None  # noqa: S101 - as above
        return self.frame.chatbot

    @property
    def person(self) -> Person:
        """Who asks, on all pages but the open ones."""
        assert self.frame.person is not None  # noqa: S101 - as above
        return self.frame.person

    @property
    def is_htmx(self) -> bool:
        """Whether a script asks, which puts the reply into the page that is shown."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def page_token(self) -> str:
        """Which page of a list is asked for; "" for the first."""
        return self.request.query.get("page", "")

    @property
    def client(self) -> people_pb2.Client:
        """Where the browser is, as the edge vouches for it."""
        headers = self.request.headers
        return people_pb2.Client(
            address=headers.get(CLIENT_HEADER, ""), agent=headers.get("user-agent", "")[:MAXIMUM_AGENT_LENGTH]
        )

    def require(self, least: MemberRole.ValueType) -> None:
        """MEMBER_ROLE unless the person may do what takes this role. The services refuse it too."""
        if self.frame.role < least:
            raise refusal(Text.MEMBER_ROLE, role=self.frame.role_name, least=role_name(least))

    def knows(self, **known: Any) -> None:
        """Add to what the frame shows, also around an error."""
        self.frame = replace(self.frame, **known)
        self.request[KNOWN] = self.frame

    async def call(
        self,
        method: "grpc.aio.UnaryUnaryMultiCallable[Request, Reply]",
        request: Request,
        seconds: float = CALL_SECONDS,
    ) -> Reply:
        """The reply of a service, asked in the name of the visit. ChatmountError otherwise."""
        return await call(method, request, self.token, seconds)

    def metadata(self) -> Metadata:
        """What a stream is opened with; no deadline ends it."""
        return metadata(self.token)

    async def form(self) -> Form:
        """What the browser has sent."""
        return await read_form(self.request)

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """The reply that shows this template."""
        layout = "layout/dialog.html" if self.frame.is_in_dialog else "layout/page.html"
        html = self.dashboard.rendering.html(template, {"layout": layout, "frame": self.frame, **values})
        return web.Response(text=html, status=status, content_type="text/html", charset="utf-8")

    def link(self, path: str) -> str:
        """The whole address of a page, for a person to send to somebody."""
        if self.dashboard.url:
            return self.dashboard.url.removesuffix(HOME_PATH) + path
        return f"{self.request.headers.get('x-forwarded-proto', 'http')}://{self.request.host}{path}"

    def see(self, path: str, done: str = "") -> web.Response:
        """After a change: the browser goes to `path`, which shows the notice named `done`."""
        return see(path, done, is_htmx=self.is_htmx)


def see(path: str, done: str = "", *, is_htmx: bool = False) -> web.Response:
    """The reply that sends a browser to another page, with GET."""
    if done:
        path += f"{'&' if urlsplit(path).query else '?'}done={done}"
    if is_htmx:
        # A script would follow a redirect by itself, and put the whole other page into this one.
        return web.Response(status=200, headers={"HX-Redirect": path})
    return web.Response(status=303, headers={"Location": path})
