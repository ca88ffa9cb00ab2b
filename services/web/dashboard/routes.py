"""The addresses of pages, and who must be known before each is made."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from services.web.dashboard.pages import (
    accounts,
    add_sources,
    api_document,
    ask,
    audit,
    chatbots,
    conversations,
    correct,
    delete_chatbot,
    export,
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
    replay,
    settings,
    sign_in,
    sources,
    turns,
    unanswered,
    usage,
    widget,
    widget_look,
    widget_sites,
)
from services.web.dashboard.visit import Visit
from services.web.dashboard.ways_in import as_anybody, as_member, as_operator, as_person

PageFunction = Callable[[Visit], Awaitable[web.StreamResponse]]
Enter = Callable[[web.Request], Awaitable[Visit]]

ACCOUNT = "/dashboard/{account_id:acct_[A-Za-z0-9]+}"
CHATBOT = "/dashboard/{chatbot_id:bot_[A-Za-z0-9]+}"
CONVERSATION = "{conversation:con_[A-Za-z0-9_-]+}"
KEY = "{key_id:key_[A-Za-z0-9]+}"
OF = "{of:acct_[A-Za-z0-9]+}"
"""An account that operators change without being in it."""
USER = "{user_id:usr_[A-Za-z0-9]+}"
PAIR = "{pair_id:qa_[A-Za-z0-9]+}"
QUESTION = "{question_id:unq_[A-Za-z0-9]+}"
SOURCE = "{source_id:src_[A-Za-z0-9]+}"


def routes() -> list[web.RouteDef]:
    """All pages. `post` is what a page's form sends."""
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
        *_chatbot("/ask", playground.back, _long(ask.ask)),
        *_chatbot("/turns/{request_id}", turns.show),
        *_chatbot("/turns/{request_id}/correct", correct.show, correct.correct),
        *_chatbot("/turns/{request_id}/replay", replay.ask, _long(replay.replay)),
        *_chatbot("/questions", questions.show),
        *_chatbot("/questions/new", questions.new, questions.add),
        *_chatbot(f"/questions/{PAIR}", questions.edit, questions.change),
        *_chatbot(f"/questions/{PAIR}/remove", questions.ask_to_remove, questions.remove),
        *_chatbot("/sources", sources.show, _long(add_sources.add)),
        *_chatbot("/sources/text", add_sources.new_text),
        *_chatbot("/sources/progress", _long(progress.stream)),
        *_chatbot(f"/sources/{SOURCE}/enabled", sources.back_to_list, sources.switch),
        *_chatbot(f"/sources/{SOURCE}/remove", sources.ask_to_remove, sources.remove),
        *_chatbot("/conversations", conversations.show),
        *_chatbot("/conversations/export", _long(export.export)),
        *_chatbot("/conversations/delete", conversations.ask_to_delete_all, conversations.delete_all),
        *_chatbot(f"/conversations/{CONVERSATION}", conversations.read),
        *_chatbot(f"/conversations/{CONVERSATION}/delete", conversations.ask_to_delete, conversations.delete),
        *_chatbot("/unanswered", unanswered.show),
        *_chatbot(f"/unanswered/{QUESTION}", unanswered.ask, unanswered.answer),
        *_chatbot(f"/unanswered/{QUESTION}/state", unanswered.back, unanswered.decide),
        *_chatbot("/keys", keys.show),
        *_chatbot("/keys/openapi.yaml", api_document.download),
        *_chatbot("/keys/new", keys.new, keys.create),
        *_chatbot(f"/keys/{KEY}/rotate", keys.ask_to_rotate, keys.rotate),
        *_chatbot(f"/keys/{KEY}/revoke", keys.ask_to_revoke, keys.revoke),
        *_chatbot(f"/keys/{KEY}/addresses", keys.edit_addresses, keys.set_addresses),
        *_chatbot("/widget", widget.show),
        *_chatbot("/widget/enabled", widget.back, widget.switch),
        *_chatbot("/widget/sites", widget.back, widget_sites.add),
        *_chatbot("/widget/sites/remove", widget_sites.ask_to_remove, widget_sites.remove),
        *_chatbot("/widget/look", widget_look.show, widget_look.save),
        *_chatbot("/widget/budget", widget.back, widget.set_budget),
        *_chatbot("/widget/apps", widget.ask_about_apps, widget.set_apps),
        *_chatbot("/widget/id", widget.ask_to_renew, widget.renew),
        *_chatbot("/settings", settings.show),
        *_chatbot("/settings/name", settings.back, settings.rename),
        *_chatbot("/settings/profile", settings.back, settings.speak),
        *_chatbot("/settings/language", settings.back, settings.choose_language),
        *_chatbot("/settings/enabled", settings.back, settings.switch),
        *_chatbot("/settings/delete", delete_chatbot.ask, delete_chatbot.delete),
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


def _long(page: PageFunction) -> PageFunction:
    """A page that takes long, of which nobody has many at once."""

    async def answer(visit: Visit) -> web.StreamResponse:
        with visit.dashboard.long_requests.one_more(visit.person.id):
            return await page(visit)

    return answer


def _open(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages for anybody."""
    return _routes(f"/dashboard/{path}", as_anybody, get, post)


def _person(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages for whoever has signed in."""
    return _routes(f"/dashboard/{path}", as_person, get, post)


def _account(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages of an account, for its members."""
    return _routes(ACCOUNT + path, as_member, get, post)


def _chatbot(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages of a chatbot, for the members of its account."""
    return _routes(CHATBOT + path, as_member, get, post)


def _operator(path: str, get: PageFunction | None, post: PageFunction | None = None) -> list[web.RouteDef]:
    """Pages of the installation, for operators."""
    return _routes(f"/dashboard/installation{path}", as_operator, get, post)


def _routes(path: str, enter: Enter, get: PageFunction | None, post: PageFunction | None) -> list[web.RouteDef]:
    made = [web.get(path, _entered(enter, get))] if get else []
    return [*made, web.post(path, _entered(enter, post))] if post else made


def _entered(enter: Enter, page: PageFunction) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await page(await enter(request))

    return answer
