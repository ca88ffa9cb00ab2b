"""Visitors at the ticket's counter: who is let in, as whom, and into which conversation."""

import hashlib
import re
from typing import Any

import grpc
import jwt
import pytest
from auth_harness import SECRET, Auth, refusal_of
from chatmount.auth.v1 import auth_pb2
from people_harness import WEB
from widget_harness import SITE, admit, change, owner, widget_of

from services.errors import Text
from services.trust.principal import Channel, Principal, Role
from tests.each import for_each

SECRET_SHAPE, CONVERSATION_SHAPE = r"[A-Za-z0-9_-]{43}", r"cnv_[0-9a-f]{32}"
WRONG_ENDS = ("0" * 31, "0" * 33, "G" * 32, "A" * 32, "0" * 32 + "\n", "٠" * 32)
NOT_FOUND, DENIED = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED


@pytest.fixture
async def chatbot(auth: Auth) -> auth_pb2.Chatbot:
    """A chatbot whose widget answers on one site."""
    chatbot = await auth.new_chatbot()
    await change(auth, chatbot, add_origins=[SITE])
    return chatbot


@pytest.fixture
async def widget_id(auth: Auth, chatbot: auth_pb2.Chatbot) -> str:
    return (await widget_of(auth, chatbot)).id


def claims(ticket: str) -> dict[str, Any]:
    timeless = {"verify_exp": False, "verify_iat": False}
    return dict(jwt.decode(ticket, SECRET, ["HS256"], audience="widget", options=timeless))


async def test_a_new_visitor_gets_a_secret_and_a_conversation_of_their_own(auth: Auth, widget_id: str) -> None:
    admitted = [await admit(auth, widget_id) for _ in range(20)]
    assert all(re.fullmatch(SECRET_SHAPE, one.visitor) for one in admitted)
    assert all(re.fullmatch(CONVERSATION_SHAPE, one.conversation) for one in admitted)
    assert len({one.visitor for one in admitted}) == len({one.conversation for one in admitted}) == 20
    for one in admitted:
        told = claims(one.ticket)
        assert (told["wgt"], told["origin"], told["cnv"], told["new"]) == (widget_id, SITE, one.conversation, True)


async def test_a_visitor_who_comes_back_goes_on(auth: Auth, widget_id: str) -> None:
    first = await admit(auth, widget_id)
    kept = {"visitor": first.visitor, "conversation": first.conversation}
    again = await admit(auth, widget_id, **kept)
    assert (again.visitor, again.conversation) == (first.visitor, first.conversation)
    assert claims(again.ticket)["vis"] == claims(first.ticket)["vis"]
    assert claims(again.ticket)["new"] is False, "it may continue and not begin"
    renewed = await admit(auth, widget_id, **kept, new=True)
    assert renewed.visitor == first.visitor
    assert renewed.conversation != first.conversation
    assert claims(renewed.ticket)["new"] is True


@for_each(
    "conversation",
    ["", "user-42", "ply_abc", "cnv_", *(f"cnv_{rest}" for rest in WRONG_ENDS)],
)
async def test_a_visitor_never_chooses_the_id_of_a_conversation(auth: Auth, widget_id: str, conversation: str) -> None:
    known = (await admit(auth, widget_id)).visitor
    admitted = await admit(auth, widget_id, visitor=known, conversation=conversation)
    assert admitted.visitor == known
    assert admitted.conversation != conversation
    assert re.fullmatch(CONVERSATION_SHAPE, admitted.conversation)
    assert claims(admitted.ticket)["new"] is True


@for_each("visitor", ["", "x", "a" * 42, "a" * 44, "a" * 42 + "!", "ü" * 43, "a" * 43 + "\n"])
async def test_what_is_no_secret_of_ours_is_a_new_visitor_in_a_new_conversation(
    auth: Auth, widget_id: str, visitor: str
) -> None:
    of_another = (await admit(auth, widget_id)).conversation
    admitted = await admit(auth, widget_id, visitor=visitor, conversation=of_another)
    assert re.fullmatch(SECRET_SHAPE, admitted.visitor)
    assert admitted.visitor != visitor
    assert admitted.conversation != of_another


async def test_a_ticket_that_names_the_conversation_of_another_may_not_begin_it(auth: Auth, widget_id: str) -> None:
    mine, other = await admit(auth, widget_id), await admit(auth, widget_id)
    taken = claims((await admit(auth, widget_id, visitor=mine.visitor, conversation=other.conversation)).ticket)
    # Chat wants a row with this digest then, and that is the other's.
    assert (taken["cnv"], taken["new"]) == (other.conversation, False)
    assert taken["vis"] == claims(mine.ticket)["vis"] != claims(other.ticket)["vis"]


async def test_one_secret_is_another_visitor_at_another_chatbot(auth: Auth, widget_id: str) -> None:
    other = await auth.new_chatbot()
    other_id = (await change(auth, other, add_origins=[SITE])).id
    first = await admit(auth, widget_id)
    second = await admit(auth, other_id, visitor=first.visitor)
    assert second.visitor == first.visitor
    assert claims(second.ticket)["vis"] == hashlib.sha256(f"{other.id}:{first.visitor}".encode()).hexdigest()
    assert claims(second.ticket)["vis"] != claims(first.ticket)["vis"]


@pytest.mark.parametrize(
    "origin",
    [
        *("", "null", "file://", "http://www.example.com", "https://example.com", "https://www.example.com.evil.test"),
        *("https://www.example.com:8443", "https://evil.test", "https://www.example.com/", "x" * 5_000),
    ],
)
async def test_a_site_that_is_not_listed_gets_no_ticket(
    auth: Auth, widget_id: str, chatbot: auth_pb2.Chatbot, origin: str
) -> None:
    error = await refusal_of(admit(auth, widget_id, origin))
    assert (error.code(), error.details()) == (DENIED, Text.SITE_NOT_LISTED.template)
    # A page in an app is let in where the owner wants it, and then any page is.
    await change(auth, chatbot, allow_apps=True)
    told = claims((await admit(auth, widget_id, origin)).ticket)
    assert told["origin"] in ("", origin)
    assert len(told["origin"]) < 300
    told = await auth.call("GetWidget", owner(chatbot))
    assert list(told.sightings) == [], "only listed ones are"
    assert [(one.reason, one.today, one.week) for one in told.refused] == [("site", 1, 1)]


async def test_a_widget_that_is_off_is_not_there(auth: Auth, widget_id: str, chatbot: auth_pb2.Chatbot) -> None:
    async def answers() -> set[Any]:
        calls = [auth.call("OpenFrame", WEB, widget_id=widget_id), admit(auth, widget_id)]
        return {((await refusal_of(call)).code()) for call in calls}

    await change(auth, chatbot, enabled=False)
    assert await answers() == {NOT_FOUND}
    await change(auth, chatbot, enabled=True)
    await auth.call("SetChatbotEnabled", chatbot_id=chatbot.id, enabled=False)
    assert await answers() == {NOT_FOUND}
    await auth.call("SetChatbotEnabled", chatbot_id=chatbot.id, enabled=True)
    assert (await admit(auth, widget_id)).ticket
    await auth.call("DeleteChatbot", chatbot_id=chatbot.id)
    assert await answers() == {NOT_FOUND}


async def test_a_frame_is_told_its_sites_and_may_read_how_it_looks(
    auth: Auth, widget_id: str, chatbot: auth_pb2.Chatbot
) -> None:
    await change(auth, chatbot, add_origins=["*.example.org"])
    opened = await auth.call("OpenFrame", WEB, widget_id=widget_id)
    assert (list(opened.origins), opened.allow_apps) == ([SITE, "https://*.example.org"], False)
    principal = auth.signer.verify(opened.token, "chat")
    assert principal == Principal(Role.ROLE_VISITOR, chatbot.account_id, chatbot.id, channel=Channel.WIDGET), (
        "no conversation, no key, no plan"
    )
    assert principal.expires_at - auth.clock.now <= 60
    for service in ("auth", "quota", "retrieval"):
        with pytest.raises(Exception, match="token is not valid"):
            auth.signer.verify(opened.token, service)


async def test_where_it_was_seen_is_listed_the_latest_first(auth: Auth, chatbot: auth_pb2.Chatbot) -> None:
    widget_id = (await change(auth, chatbot, add_origins=["*.example.org"])).id
    for origin in (SITE, "https://a.example.org", "https://b.example.org", SITE):
        auth.clock.now += 60
        await admit(auth, widget_id, origin)
    seen = (await auth.call("GetWidget", owner(chatbot))).sightings
    now = int(auth.clock.now)
    assert [(one.origin, one.last_seen_at) for one in seen] == [
        (SITE, now),
        ("https://b.example.org", now - 60),
        ("https://a.example.org", now - 120),
    ]


async def test_nothing_in_a_reply_tells_of_the_account(auth: Auth, widget_id: str, chatbot: auth_pb2.Chatbot) -> None:
    admitted = await admit(auth, widget_id)
    assert chatbot.account_id not in str(admitted) + str(claims(admitted.ticket))
