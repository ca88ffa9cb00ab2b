"""Auth and Quota as the edge sees them: they answer by key, session, ticket, widget and address."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc
from google.rpc import code_pb2

from services.auth.doors.question import QuestionDoor
from services.errors import Text, refusal
from tests.edge.gate_replies import denied, limited, metadata_of, passed, window

Note = Callable[..., None]

PASSING = {"good", "over-limit", "quota-fails", "quota-hangs", "nameless"}
DENIALS = {
    "unknown": (401, 'The API key is "missing" or invalid.', ("WWW-Authenticate", "Bearer")),
    "forbidden": (403, "This key may not be used from your address."),
    "tried-too-often": (429, "Too many failed attempts.", ("X-RateLimit-Reason", "minute"), ("Retry-After", "17")),
}
WAIT = (("Retry-After", "42"), ("X-RateLimit-Reason", "minute"))
BUSY_WIDGET = "wgt_busy"
CROWDED = "127.0.0.9/32"
"""The address from which too much is asked."""


class StubAuth(external_auth_pb2_grpc.AuthorizationServicer):
    """PASSING keys pass, `nameless` without an id; DENIALS are denied, and any other is a 401.

    `auth-fails` and `auth-hangs` do as they say. At the door of questions it asks Quota's stub.
    """

    def __init__(self, note: Note) -> None:
        self._note = note

    async def Check(self, request: external_auth_pb2.CheckRequest, context: Any) -> external_auth_pb2.CheckResponse:
        http = request.attributes.request.http
        headers = dict(http.headers)
        self._note(
            "auth",
            metadata=metadata_of(context),
            headers=headers,
            path=http.path,
            client=headers.get("x-envoy-external-address"),
            body=http.body,
            door=dict(request.attributes.context_extensions),
        )
        door = request.attributes.context_extensions.get("door")
        if door == "session":
            return self._session(headers, http.path)
        credential = headers.get("authorization", "").removeprefix("Bearer ")
        if credential == "auth-hangs":
            await asyncio.sleep(600)
        if door == "widget":
            return self._ticket(credential)
        if credential == "auth-fails":
            await context.abort(grpc.StatusCode.INTERNAL, "secret of the auth service at 10.1.2.3")

        async def by_key(_: external_auth_pb2.CheckRequest) -> external_auth_pb2.CheckResponse:
            return self._key(credential)

        if door != "question":
            return await by_key(request)
        return await QuestionDoor(by_key, QuotaHere(self._note, metadata_of(context))).check(request)

    def _key(self, key: str) -> external_auth_pb2.CheckResponse:
        if key not in PASSING:
            status, text, *extra = DENIALS.get(key, DENIALS["unknown"])
            return denied(status, text, *window(60, {429: 0, 401: 59}.get(status, 60)), *extra)
        if key == "nameless":
            return passed(f"jwt-of-{key}")
        facts = {"key_id": f"key_{key}", "chatbot_id": "bot_1", "account_id": "acct_1", "plan": "plus"}
        return passed(f"jwt-of-{key}", **facts, requests_per_minute=60 if key == "good" else 200)

    def _ticket(self, ticket: str) -> external_auth_pb2.CheckResponse:
        """`ticket` is one of wgt_1, `busy` of a widget over its limit, `off` of one that is off; others have ended."""
        if ticket in {"ticket", "busy"}:
            facts = {"account_id": "acct_1", "chatbot_id": "bot_1", "plan": "free"}
            return passed("jwt-of-visitor", **facts, widget_id=BUSY_WIDGET if ticket == "busy" else "wgt_1")
        if ticket == "off":
            return denied(403, "The chat is off.")
        return denied(401, "The ticket has ended.", ("WWW-Authenticate", "Bearer"))

    def _session(self, headers: dict[str, str], path: str) -> external_auth_pb2.CheckResponse:
        """`good` is somebody's session, and `auth-fails` does so. Any other cookie is sent to sign in."""
        cookie = headers.get("cookie", "").rpartition("__Host-chatmount=")[2]
        if cookie == "auth-fails":
            raise RuntimeError("secret of the auth service")
        if cookie == "good":
            return passed("jwt-of-user", user_id="usr_1")
        store, code, text = ("Cache-Control", "no-store"), code_pb2.UNAUTHENTICATED, "Your session has ended."
        if "hx-request" in headers:
            return denied(401, text, ("HX-Redirect", "/dashboard/sign-in"), store, code=code)
        return denied(303, text, ("Location", f"/dashboard/sign-in?next={path}"), store, code=code)


class StubQuota(rls_pb2_grpc.RateLimitServiceServicer):
    """`quota-fails` and `quota-hangs` do as they say; `over-limit`, BUSY_WIDGET and CROWDED are over their limits."""

    def __init__(self, note: Note) -> None:
        self._note = note

    async def ShouldRateLimit(self, request: rls_pb2.RateLimitRequest, context: Any) -> rls_pb2.RateLimitResponse:
        asked = note_limit(self._note, request, metadata_of(context))
        if "limit" in asked:
            over = asked["masked_remote_address"] == CROWDED or asked.get("widget") == BUSY_WIDGET
            return limited("Too many messages.", *WAIT) if over else limited("")
        if asked.get("door") == "page":
            over = asked["masked_remote_address"] == CROWDED
            return limited("Too many tries from your address.", WAIT[0]) if over else limited("")
        key = asked["key_id"]
        if key == "key_quota-hangs":
            await asyncio.sleep(600)
        if key == "key_quota-fails":
            await context.abort(grpc.StatusCode.INTERNAL, "secret of the quota service")
        return minute_of(key)


class QuotaHere:
    """Quota in Auth's process, asked with `metadata`. `key_quota-fails` has it fail."""

    def __init__(self, note: Note, metadata: dict[str, str]) -> None:
        self._note = note
        self._metadata = metadata

    async def ShouldRateLimit(self, request: rls_pb2.RateLimitRequest, *, timeout: float) -> rls_pb2.RateLimitResponse:
        key = note_limit(self._note, request, self._metadata)["key_id"]
        if key == "key_quota-fails":
            raise refusal(Text.INTERNAL)
        return minute_of(key)


def note_limit(note: Note, request: rls_pb2.RateLimitRequest, metadata: dict[str, str]) -> dict[str, str]:
    """The first descriptor of a request, which is written down."""
    entries = [{entry.key: entry.value for entry in each.entries} for each in request.descriptors]
    note("quota", metadata=metadata, domain=request.domain, descriptors=entries)
    return entries[0]


def minute_of(key: str) -> rls_pb2.RateLimitResponse:
    """`key_over-limit` has used up its minute."""
    if key == "key_over-limit":
        return limited("Too many requests in this minute.", *window(200, 0), *WAIT)
    return limited("", *window(60, 58))
