"""Widgets as their owners see and change them: who may, what is kept of it, and what happens at once."""

import asyncio

import grpc
from auth_harness import OPERATOR, Auth, refusal_of
from chatmount.auth.v1 import auth_pb2
from google.protobuf.json_format import MessageToDict
from people_harness import first_owner, joined
from widget_harness import SITE, admit, change, owner, widget_of

from services.trust.principal import Principal, Role
from tests.each import for_each

MINUTE = 60


async def events(auth: Auth, action: str) -> list[auth_pb2.AuditEvent]:
    """Those of an action, the latest first."""
    return list((await auth.call("ListAuditEvents", action=action)).events)


async def test_a_new_chatbot_has_a_widget_that_answers_nowhere(auth: Auth) -> None:
    chatbots = [await auth.new_chatbot() for _ in range(2)]
    widgets = [await widget_of(auth, chatbot) for chatbot in chatbots]
    for widget in widgets:
        assert widget.id.startswith("wgt_")
        assert (widget.enabled, list(widget.origins), widget.allow_apps) == (True, [], False)
        assert widget.created_at == widget.updated_at == int(auth.clock.now)
    assert widgets[0].id != widgets[1].id
    error = await refusal_of(admit(auth, widgets[0].id))
    assert error.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_a_chatbot_that_is_made_twice_has_one_widget(auth: Auth) -> None:
    account = await auth.new_account()
    fields = {"account_id": account.id, "name": "Helper", "creation_id": "made-by-one-request"}
    first, again = [(await auth.call("CreateChatbot", **fields)).chatbot for _ in range(2)]
    assert first.id == again.id
    assert (await widget_of(auth, first)).id.startswith("wgt_")


async def test_a_change_leaves_what_it_does_not_name_and_is_told_in_the_log(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    auth.clock.now += MINUTE
    listed = await change(auth, chatbot, add_origins=["example.com", "*.example.com"])
    assert list(listed.origins) == ["https://example.com", "https://*.example.com"]
    assert listed.updated_at == listed.created_at + MINUTE
    auth.clock.now += MINUTE
    assert await change(auth, chatbot) == listed
    assert await change(auth, chatbot, enabled=True, allow_apps=False) == listed, "nothing changed"
    off = await change(auth, chatbot, enabled=False, allow_apps=True, remove_origins=["example.com"])
    assert (off.enabled, off.allow_apps, list(off.origins)) == (False, True, ["https://*.example.com"])
    assert await widget_of(auth, chatbot) == off
    latest, first = await events(auth, "widget.update")
    assert MessageToDict(first.details) == {"sites_added": ["https://example.com", "https://*.example.com"]}
    assert MessageToDict(latest.details) == {
        "enabled": "no",
        "allow_apps": "yes",
        "sites_removed": ["https://example.com"],
    }
    for event in (latest, first):
        place = (event.actor, event.account_id, event.chatbot_id, event.api_key_id)
        assert place == ("ada@laptop", chatbot.account_id, chatbot.id, "")


async def test_a_change_that_is_refused_changes_nothing(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    before = await change(auth, chatbot, add_origins=[SITE])
    for code, wrong in (
        (grpc.StatusCode.INVALID_ARGUMENT, {"add_origins": ["example.org", SITE]}),
        (grpc.StatusCode.INVALID_ARGUMENT, {"add_origins": ["*"]}),
        (grpc.StatusCode.INVALID_ARGUMENT, {"add_origins": [f"{number}.example" for number in range(100)]}),
        (grpc.StatusCode.NOT_FOUND, {"remove_origins": ["https://example.org"]}),
    ):
        error = await refusal_of(change(auth, chatbot, enabled=False, **wrong))
        assert error.code() == code
    assert await widget_of(auth, chatbot) == before
    assert len(await events(auth, "widget.update")) == 1


async def test_a_new_id_is_told_in_the_log_and_keeps_the_sites(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    before = await change(auth, chatbot, add_origins=[SITE])
    await admit(auth, before.id)
    assert (await auth.call("GetWidget", owner(chatbot))).sightings != []
    renewed = (await auth.call("RenewWidgetId", owner(chatbot))).widget
    assert renewed.id != before.id
    assert list(renewed.origins) == [SITE]
    reply = await auth.call("GetWidget", owner(chatbot))
    assert (reply.widget, list(reply.sightings)) == (renewed, [])
    (event,) = await events(auth, "widget.renew")
    assert MessageToDict(event.details) == {"widget": renewed.id, "widget_before": before.id}
    for method in ("OpenFrame", "AdmitVisitor"):
        error = await refusal_of(auth.call(method, Principal(Role.ROLE_WEB), widget_id=before.id))
        assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "There is no such widget.")
    assert (await admit(auth, renewed.id)).ticket


async def test_nobody_reaches_the_widget_of_another(auth: Auth) -> None:
    mine, other = await auth.new_chatbot(), await auth.new_chatbot()
    before = await widget_of(auth, other)
    foreign = Principal(Role.ROLE_OPERATOR, mine.account_id, other.id)
    for method in ("GetWidget", "UpdateWidget", "RenewWidgetId"):
        assert (await refusal_of(auth.call(method, foreign))).code() == grpc.StatusCode.NOT_FOUND
        assert (await refusal_of(auth.call(method, OPERATOR))).code() == grpc.StatusCode.PERMISSION_DENIED
    assert await widget_of(auth, other) == before
    await auth.call("DeleteChatbot", chatbot_id=mine.id)
    assert (await refusal_of(widget_of(auth, mine))).code() == grpc.StatusCode.NOT_FOUND


async def test_viewers_see_a_widget_and_editors_change_it(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    await first_owner(auth, chatbot.account_id)
    viewer = await joined(auth, "eve@example.com", chatbot.account_id, "VIEWER")
    editor = await joined(auth, "bob@example.com", chatbot.account_id, "EDITOR")
    may_see = await viewer.member(chatbot_id=chatbot.id)
    assert (await auth.call("GetWidget", may_see)).widget.id.startswith("wgt_")
    for method in ("UpdateWidget", "RenewWidgetId"):
        assert (await refusal_of(auth.call(method, may_see))).code() == grpc.StatusCode.PERMISSION_DENIED
    may_change = await editor.member(chatbot_id=chatbot.id)
    await auth.call("UpdateWidget", may_change, add_origins=[SITE])
    (event,) = await events(auth, "widget.update")
    assert (event.actor, event.actor_email) == (await editor.user_id(), "bob@example.com")


async def test_changes_at_once_are_all_kept_and_never_too_many(replicas: tuple[Auth, Auth]) -> None:
    auth = replicas[0]
    chatbot = await auth.new_chatbot()
    await change(auth, chatbot, add_origins=[f"shop-{number}.example.com" for number in range(90)])
    results = await asyncio.gather(
        *(change(replicas[number % 2], chatbot, add_origins=[f"new-{number}.example.com"]) for number in range(20)),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 10
    assert all(isinstance(error, grpc.aio.AioRpcError) and "at most 100" in str(error) for error in refused)
    assert len(set((await widget_of(auth, chatbot)).origins)) == 100


@for_each("text", ["", "wgt_", "wgt_../etc", "WGT_x", "wgt_ünits", "wgt_" + "x" * 65, "wgt_\0"])
async def test_what_can_be_no_id_is_no_widget(auth: Auth, text: str) -> None:
    for method in ("OpenFrame", "AdmitVisitor"):
        error = await refusal_of(auth.call(method, Principal(Role.ROLE_WEB), widget_id=text))
        assert error.code() == (grpc.StatusCode.NOT_FOUND if text else grpc.StatusCode.INVALID_ARGUMENT)
