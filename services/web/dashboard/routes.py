"""The addresses of pages, and who must be known before a page is made."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from chatmount.auth.v1 import auth_pb2, people_pb2

from services.errors import Text, refusal
from services.web.callers import call
from services.web.dashboard.pages import (
    accounts,
    add_sources,
    ask,
    audit,
    chatbots,
    installation,
    invitation,
    invitations,
    keys,
    ledger,
    link,
    me,
    members,
    playground,
    progress,
    questions,
    sign_in,
    sources,
    turns,
    usage,
)
from services.web.dashboard.views import Account, Chatbot, Person
from services.web.dashboard.visit import DASHBOARD, Visit

PageFunction = Callable[[Visit], Awaitable[web.StreamResponse]]
Enter = Callable[[web.Request], Awaitable[Visit]]

ACCOUNT = "/dashboard/{account_id:acct_[A-Za-z0-9]+}"
CHATBOT = "/dashboard/{chatbot_id:bot_[A-Za-z0-9]+}"
KEY = "{key_id:key_[A-Za-z0-9]+}"
OF = "{of:acct_[A-Za-z0-9]+}"
"""An account that operators change without being in it."""
USER = "{user_id:usr_[A-Za-z0-9]+}"
PAIR = "{pair_id:qa_[A-Za-z0-9]+}"
SOURCE = "{source_id:src_[A-Za-z0-9]+}"


def routes() -> list[web.RouteDef]:
    """All pages. Each way in is a function below; `post` is what a page's form sends."""
    return [
        *_open("sign-in", sign_in.show, sign_in.submit),
        *_open("link", link.show, link.submit),
        *_open("invitation", invitation.show, invitation.submit),
        *_person("sign-out", sign_in.ask_to_leave, sign_in.leave),
        *_person("", accounts.show),
        *_person("me", me.show, me.rename),
        *_person("me/password", me.ask_password, me.change_password),
        *_person("me/sessions/others", me.ask_to_end, me.end),
        *_person("me/sessions/{session_id:uss_[A-Za-z0-9]+}", me.ask_to_end, me.end),
        *_account("/", chatbots.show),
        *_account("/new", chatbots.new, chatbots.create),
        *_account("/usage", usage.show),
        *_account("/usage/ledger", ledger.show),
        *_account("/members", members.show),
        *_account("/members/invite", invitations.ask, invitations.invite),
        *_account(f"/members/{USER}/role", members.ask_role, members.give_role),
        *_account(f"/members/{USER}/remove", members.ask_to_remove, members.remove),
        *_account(
            "/members/invitations/{invitation_id:inv_[A-Za-z0-9]+}/withdraw",
            invitations.ask_to_withdraw,
            invitations.withdraw,
        ),
        *_account("/audit", audit.show),
        *_chatbot("/", playground.show),
        *_chatbot("/ask", playground.back, ask.ask),
        *_chatbot("/turns/{request_id}", turns.show),
        *_chatbot("/questions", questions.show),
        *_chatbot("/questions/new", questions.new, questions.add),
        *_chatbot(f"/questions/{PAIR}", questions.edit, questions.change),
        *_chatbot(f"/questions/{PAIR}/remove", questions.ask_to_remove, questions.remove),
        *_chatbot("/sources", sources.show, add_sources.add),
        *_chatbot("/sources/text", add_sources.new_text),
        *_chatbot("/sources/progress", progress.stream),
        *_chatbot(f"/sources/{SOURCE}/enabled", sources.back_to_list, sources.switch),
        *_chatbot(f"/sources/{SOURCE}/remove", sources.ask_to_remove, sources.remove),
        *_chatbot("/keys", keys.show),
        *_chatbot("/keys/new", keys.new, keys.create),
        *_chatbot(f"/keys/{KEY}/rotate", keys.ask_to_rotate, keys.rotate),
        *_chatbot(f"/keys/{KEY}/revoke", keys.ask_to_revoke, keys.revoke),
        *_chatbot(f"/keys/{KEY}/addresses", keys.edit_addresses, keys.set_addresses),
        *_operator("/", installation.accounts.show),
        *_operator("/accounts/new", installation.accounts.new, installation.accounts.create),
        *_operator(f"/accounts/{OF}/plan", installation.accounts.ask_plan, installation.accounts.set_plan),
        *_operator(f"/accounts/{OF}/credits", installation.accounts.ask_credits, installation.accounts.grant),
        *_operator("/people", installation.people.show),
        *_operator("/people/new", installation.people.new, installation.people.create),
        *_operator(f"/people/{USER}/link", installation.people.ask_link, installation.people.make_link),
        *_operator(f"/people/{USER}/enabled", installation.people.ask_enabled, installation.people.set_enabled),
        *_operator("/plans", installation.plans.show),
    ]


def _open(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages for anybody."""
    return _routes(f"/dashboard/{path}", _as_anybody, get, post)


def _person(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages for whoever has signed in."""
    return _routes(f"/dashboard/{path}", _as_person, get, post)


def _account(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages of an account, for its members."""
    return _routes(ACCOUNT + path, _as_member, get, post)


def _chatbot(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages of a chatbot, for the members of its account."""
    return _routes(CHATBOT + path, _as_member, get, post)


def _operator(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages of the installation, for operators."""
    return _routes(f"/dashboard/installation{path}", _as_operator, get, post)


def _routes(path: str, enter: Enter, get: PageFunction | None, post: PageFunction | None) -> list[web.RouteDef]:
    made = [web.get(path, _entered(enter, get))] if get else []
    return [*made, web.post(path, _entered(enter, post))] if post else made


def _entered(enter: Enter, page: PageFunction) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await page(await enter(request))

    return answer


async def _as_anybody(request: web.Request) -> Visit:
    dashboard = request.app[DASHBOARD]
    return Visit(request, dashboard, dashboard.token.current())


async def _as_person(request: web.Request) -> Visit:
    visit = _with_users_token(request)
    await _know_person(visit)
    return visit


async def _as_member(request: web.Request) -> Visit:
    """With a token of the account or chatbot in the path, after a look at the membership now."""
    visit = _with_users_token(request)
    scope = {name: request.match_info[name] for name in ("account_id", "chatbot_id") if name in request.match_info}
    issue = auth_pb2.IssueMemberTokenRequest(**scope)
    issued, _ = await asyncio.gather(
        call(visit.services.tokens.IssueMemberToken, issue, visit.user_token), _know_person(visit)
    )
    visit.token, visit.token_ends = issued.token, issued.expires_at
    visit.knows(
        role=issued.role,
        account=Account.of(issued.account),
        chatbot=Chatbot.of(issued.chatbot) if issued.HasField("chatbot") else None,
    )
    return visit


async def _as_operator(request: web.Request) -> Visit:
    visit = _with_users_token(request)
    issued, _ = await asyncio.gather(
        call(visit.services.tokens.IssueOperatorToken, auth_pb2.IssueOperatorTokenRequest(), visit.user_token),
        _know_person(visit),
    )
    visit.token = issued.token
    return visit


def _with_users_token(request: web.Request) -> Visit:
    """A visit with the token that the edge has put there; it is trusted once Auth has taken it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refusal(Text.SESSION_MISSING)
    return Visit(request, request.app[DASHBOARD], token, token)


async def _know_person(visit: Visit) -> None:
    got = await call(visit.services.users.GetMe, people_pb2.GetMeRequest(), visit.user_token)
    visit.knows(person=Person.of(got.user))
