"""`bot_x/keys`: API keys; making and changing one. Secrets are shown once, kept nowhere."""

import asyncio
import json
import shlex
from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2

from services.errors import ChatmountError, Text, refusal
from services.web.dashboard.days import day_in, day_of, last_second
from services.web.dashboard.forms import Form
from services.web.dashboard.keys import Key, Keys, most_keys
from services.web.dashboard.meanwhile import CHANGED, NO_THEIRS, SEEN, saved_meanwhile
from services.web.dashboard.parts import part
from services.web.dashboard.views import EDITOR
from services.web.dashboard.visit import Visit


async def show(visit: Visit) -> web.Response:
    """The list."""
    keys, most = await asyncio.gather(_keys(visit), part(_most(visit)))
    return visit.page("keys/list.html", keys=keys, most=most)


async def new(visit: Visit, form: Form | None = None) -> web.Response:
    """The form of another one."""
    visit.require(EDITOR)
    form = form or Form()
    return visit.page("keys/new.html", status=form.status, form=form, today=day_of(visit.frame.now))


async def create(visit: Visit) -> web.Response:
    """Makes a key and shows its secret."""
    form = await visit.form()
    request = auth_pb2.CreateApiKeyRequest(
        chatbot_id=visit.chatbot.id,
        name=form.get("name"),
        allowlist=form.lines("allowlist"),
        creation_id=form.creation_id,
    )
    if form.get("last_day"):
        day = day_in(form.get("last_day"))
        if day is None or day < day_of(visit.frame.now):
            example = day_of(visit.frame.now) + timedelta(days=365)
            return await new(visit, form.wrong("last_day", f"last_day must be today or later, such as {example}."))
        request.expires_at = last_second(day)
    try:
        created = await visit.call(visit.services.keys.CreateApiKey, request)
    except ChatmountError as refused:
        return await new(visit, form.refused(refused))
    return _secret(visit, Key.of(created.api_key), created.secret, is_new=True)


async def ask_to_rotate(visit: Visit, form: Form | None = None) -> web.Response:
    """`keys/key_x/rotate`: what a new secret does to the old one."""
    visit.require(EDITOR)
    key = await _key(visit)
    if not key.is_active:
        raise refusal(Text.KEY_REVOKED if key.state == "revoked" else Text.KEY_EXPIRED)
    form = form or Form()
    return visit.page("keys/rotate.html", status=form.status, form=form, key=key)


async def rotate(visit: Visit) -> web.Response:
    """Gives the key a new secret and shows it, unless somebody else has done so meanwhile."""
    form = await visit.form()
    request = auth_pb2.RotateApiKeyRequest(api_key_id=_key_id(visit), last4=form.get("last4"))
    try:
        rotated = await visit.call(visit.services.keys.RotateApiKey, request)
    except ChatmountError as refused:
        return await ask_to_rotate(visit, form.refused(refused))
    return _secret(visit, Key.of(rotated.api_key), rotated.secret, is_new=False)


async def ask_to_revoke(visit: Visit) -> web.Response:
    """`keys/key_x/revoke`: the question before the end of a key."""
    visit.require(EDITOR)
    return visit.page("keys/revoke.html", key=await _key(visit))


async def revoke(visit: Visit) -> web.Response:
    """Ends the key."""
    await visit.call(visit.services.keys.RevokeApiKey, auth_pb2.RevokeApiKeyRequest(api_key_id=_key_id(visit)))
    return visit.see(_list_path(visit), done="key-revoked")


async def edit_addresses(
    visit: Visit, refused: Form | None = None, theirs: Mapping[str, str] = NO_THEIRS
) -> web.Response:
    """`keys/key_x/addresses`: from where the key may be used.

    `theirs`: what others have saved meanwhile.
    """
    visit.require(EDITOR)
    key = await _key(visit)
    present = _addresses(key)
    form = refused or present
    return visit.page(
        "keys/addresses.html", status=form.status, form=form, key=key, seen=present.get(SEEN), theirs=theirs
    )


async def set_addresses(visit: Visit) -> web.Response:
    """Replaces the list of addresses, unless somebody has done so since the form was filled in."""
    form = await visit.form()
    theirs = saved_meanwhile(form, _addresses(await _key(visit)), ["allowlist"])
    if theirs:
        return await edit_addresses(visit, form.wrong_as_a_whole(CHANGED, 409), theirs)
    request = auth_pb2.SetApiKeyAllowlistRequest(api_key_id=_key_id(visit), allowlist=form.lines("allowlist"))
    try:
        await visit.call(visit.services.keys.SetApiKeyAllowlist, request)
    except ChatmountError as refused:
        return await edit_addresses(visit, form.refused(refused))
    return visit.see(_list_path(visit), done="saved")


def _addresses(key: Key) -> Form:
    return Form.of(allowlist="\n".join(key.addresses), seen=" ".join(key.addresses))


def _secret(visit: Visit, key: Key, secret: str, *, is_new: bool) -> web.Response:
    """The only page that ever holds it; "" for a key that was made by the same form before."""
    curl = f"curl {visit.link('/v1/chat')} -H {shlex.quote(f'Authorization: Bearer {secret}')}"
    curl += f" -H 'Content-Type: application/json' -d {shlex.quote(json.dumps({'message': 'Hello'}))}"
    return visit.page("keys/secret.html", key=key, secret=secret, curl=curl, is_new=is_new)


async def _keys(visit: Visit) -> Keys:
    request = auth_pb2.ListApiKeysRequest(chatbot_id=visit.chatbot.id)
    return Keys.of((await visit.call(visit.services.keys.ListApiKeys, request)).api_keys)


async def _key(visit: Visit) -> Key:
    key = (await _keys(visit)).find(_key_id(visit))
    if key is None:
        raise refusal(Text.NOT_FOUND, thing="API key")
    return key


async def _most(visit: Visit) -> int:
    plans = (await visit.call(visit.services.quota.ListPlans, quota_pb2.ListPlansRequest())).plans
    return most_keys(plans, visit.account.plan)


def _key_id(visit: Visit) -> str:
    return visit.request.match_info["key_id"]


def _list_path(visit: Visit) -> str:
    return f"{visit.chatbot.path}keys"
