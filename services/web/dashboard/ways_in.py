"""The ways into a page: who is known, and whose token its calls carry, before it is made."""

from contextlib import suppress
from dataclasses import replace

from aiohttp import web
from chatmount.auth.v1 import auth_pb2, people_pb2

from services.errors import ChatmountError, Text, refusal
from services.web.callers import call
from services.web.dashboard.views import Account, Chatbot, Person
from services.web.dashboard.visit import DASHBOARD, KNOWN, Visit


async def as_anybody(request: web.Request) -> Visit:
    """With the token of this process."""
    dashboard = request.app[DASHBOARD]
    return Visit(request, dashboard, dashboard.token.current())


async def as_person(request: web.Request) -> Visit:
    """With the token of whoever has signed in."""
    visit = _with_users_token(request)
    got = await call(visit.services.users.GetMe, people_pb2.GetMeRequest(), visit.user_token)
    visit.knows(person=Person.of(got.user))
    return visit


async def as_member(request: web.Request) -> Visit:
    """With a token of the account or chatbot in the path, after a look at the membership now."""
    visit = _with_users_token(request)
    scope = {name: request.match_info[name] for name in ("account_id", "chatbot_id") if name in request.match_info}
    issue = auth_pb2.IssueMemberTokenRequest(**scope)
    issued = await call(visit.services.tokens.IssueMemberToken, issue, visit.user_token)
    visit.token, visit.token_ends = issued.token, issued.expires_at
    visit.knows(
        person=Person.of(issued.caller),
        role=issued.role,
        account=Account.of(issued.account),
        chatbot=Chatbot.of(issued.chatbot) if issued.HasField("chatbot") else None,
    )
    return visit


async def as_operator(request: web.Request) -> Visit:
    """With an operator's token, after a look at whether the person is one now."""
    visit = _with_users_token(request)
    issue = auth_pb2.IssueOperatorTokenRequest()
    issued = await call(visit.services.tokens.IssueOperatorToken, issue, visit.user_token)
    visit.token = issued.token
    visit.knows(person=Person.of(issued.caller))
    return visit


async def as_refused(request: web.Request, status: int) -> Visit:
    """For an error with this status: with what was known before it, and who asks."""
    visit = Visit(request, request.app[DASHBOARD], token="")
    if KNOWN in request:
        # What is missing looks the same wherever it is missing.
        visit.frame = replace(visit.frame, person=request[KNOWN].person) if status == 404 else request[KNOWN]
    # After a fault Auth may be what is away, and nobody is to wait for it twice.
    elif status < 500 and (users_token := _users_token(request)):
        with suppress(ChatmountError):
            got = await call(visit.services.users.GetMe, people_pb2.GetMeRequest(), users_token)
            visit.knows(person=Person.of(got.user))
    return visit


def _with_users_token(request: web.Request) -> Visit:
    """A visit with the token that the edge has put there; it is trusted once Auth has taken it."""
    token = _users_token(request)
    if not token:
        raise refusal(Text.SESSION_MISSING)
    return Visit(request, request.app[DASHBOARD], token, token)


def _users_token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""
