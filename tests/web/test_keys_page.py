"""`bot_x/keys`: what there is, for whom; making, rotating, limiting, revoking; secrets are shown once."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from services.config.plans import DEFAULT_PLANS
from services.web.dashboard.pages import api_document
from tests.each import for_each
from tests.openapi_document import document
from tests.web.browser import Reply
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.html_check import Element

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST = DEFAULT_PLANS["plus"].keys_per_chatbot
IN_DIALOG = {"hx_request": "true", "hx_target": "dialog#dialog"}


def keys(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/keys{rest}"


def rows(reply: Reply) -> list[Element]:
    return [row for body in reply.page.all("tbody") for row in body.all("tr")]


def told(row: Element) -> list[str]:
    return [cell.text for cell in row.children[:4]]


async def made(dashboard: Dashboard, name: str = "Web shop", **fields: Any) -> Any:
    """A key with its secret, made by an operator."""
    return await dashboard.auth("CreateApiKey", chatbot_id=dashboard.chatbot.id, name=name, **fields)


async def filled_in(dashboard: Dashboard, **fields: str) -> dict[str, str]:
    """The form of a new key with these fields."""
    form = (await dashboard.get(keys(dashboard, "/new"))).page
    return {"creation_id": form.one("input", name="creation_id").get("value"), **fields}


def secret_in(reply: Reply) -> str:
    return reply.page.one("code", id="secret").text


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_all_members_see_the_keys_and_editors_the_buttons(dashboard: Dashboard, who: str) -> None:
    first = await made(dashboard, allowlist=["203.0.113.0/24", "2001:db8::1"])
    last = int(datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    second = await made(dashboard, name="", expires_at=last)
    reply = await dashboard.get(keys(dashboard), who)
    assert [told(row) for row in rows(reply)] == [
        [f"Web shop …{first.api_key.last4} active", "203.0.113.0/24 2001:db8::1", "never", "never"],
        [f"API key …{second.api_key.last4} active", "all", "never", "2027-01-31 23:59 UTC"],
    ]
    assert f"2 of {MOST} API keys of the plus plan are in use." in reply.page.text
    links = [link.text for row in rows(reply) for link in row.all("a")]
    assert links == ([] if who == "viewer" else ["Addresses", "Rotate", "Revoke"] * 2)
    assert ("New API key" in reply.text) == (who != "viewer")


@for_each("who", ["owner", "viewer"])
async def test_without_keys_it_says_who_can_make_one(dashboard: Dashboard, who: str) -> None:
    words = (await dashboard.get(keys(dashboard), who)).page.one(class_="empty").text
    assert words.startswith("No program can ask this chatbot yet")
    assert ("An editor of the account can make one." in words) == (who == "viewer")


async def test_a_new_key_is_shown_once_with_a_line_to_try_it(
    dashboard: Dashboard, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        form = await filled_in(dashboard, name="Shop", allowlist="10.0.0.0/8\n\n192.0.2.1", last_day="2026-11-23")
        shown = await dashboard.post(keys(dashboard, "/new"), form, "editor")
        secret = secret_in(shown)
        assert shown.status == 200
        assert shown.headers["Cache-Control"] == "no-store"
        curl = shown.page.one("code", id="curl").text
        url = dashboard.client.make_url("/v1/chat")
        assert curl.startswith(f"curl {url} -H 'Authorization: Bearer {secret}'")
        again = await dashboard.post(keys(dashboard, "/new"), form, "editor")
        (row,) = rows(await dashboard.get(keys(dashboard)))
    assert "The form was sent twice and made one key" in again.page.text
    assert told(row) == [f"Shop …{secret[-4:]} active", "10.0.0.0/8 192.0.2.1", "never", "2026-11-23 23:59 UTC"]
    # Nothing keeps it: no later page, no log, no table.
    pages = [again, await dashboard.get(keys(dashboard))]
    pages += [await dashboard.get(link.get("href")) for link in row.all("a")]
    assert not [page for page in pages if secret in page.text]
    assert secret not in caplog.text
    files = [path for path in dashboard.home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret.encode() in path.read_bytes()]


@for_each(
    ("field", "text", "said"),
    [
        ("name", "x" * 201, "Name must be between 0 and 200 characters."),
        ("name", "a\x07b", "Name must not contain control characters or line breaks."),
        ("allowlist", "192.0.2.1\n10.0.0.0/33", "Allowlist: '10.0.0.0/33' is not an IPv4 or IPv6 address or network."),
        ("last_day", "2026-11-22", "Last day must be today or later, such as 2027-11-23."),
        ("last_day", "9999-99-99", "Last day must be today or later, such as 2027-11-23."),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    dashboard: Dashboard, field: str, text: str, said: str
) -> None:
    form = await filled_in(dashboard, **{"name": "Shop", "allowlist": "", "last_day": "", field: text})
    reply = await dashboard.post(keys(dashboard, "/new"), form)
    assert reply.status == 422
    assert reply.page.one(id=f"{field}-error").text == said
    entry = reply.page.one(id=field)
    assert "autofocus" in entry.attributes
    assert (entry.text.splitlines() or [entry.get("value")])[0].startswith(text.splitlines()[0])
    assert reply.page.one("input", name="creation_id").get("value") == form["creation_id"]
    assert rows(await dashboard.get(keys(dashboard))) == []


async def test_with_as_many_keys_as_the_plan_allows_the_button_is_off_and_the_service_refuses(
    dashboard: Dashboard,
) -> None:
    form = await filled_in(dashboard, name="One too many")
    for number in range(MOST):
        await made(dashboard, name=f"Key {number}")
    reply = await dashboard.get(keys(dashboard))
    assert f"{MOST} of {MOST} API keys of the plus plan are in use. Revoke one to make another." in reply.page.text
    assert "disabled" in reply.page.one("button", class_="main").attributes
    refused = await dashboard.post(keys(dashboard, "/new"), form)
    assert refused.status == 409
    assert refused.page.one("p", role="alert").text.startswith("The plus plan allows 15 API keys per chatbot")
    assert refused.page.one("input", id="name").get("value") == "One too many"
    ended = (await dashboard.auth("ListApiKeys", chatbot_id=dashboard.chatbot.id)).api_keys[0]
    await dashboard.auth("RevokeApiKey", api_key_id=ended.id)
    assert (await dashboard.post(keys(dashboard, "/new"), form)).status == 200


async def test_a_plan_without_api_access_has_no_keys(dashboard: Dashboard) -> None:
    await dashboard.auth("SetAccountPlan", account_id=dashboard.account.id, plan="free")
    reply = await dashboard.get(keys(dashboard))
    assert "The free plan has no API access" in reply.page.text
    assert "New API key" not in [link.text for link in reply.page.one("main").all("a")]


async def test_rotating_names_the_secret_that_it_means(dashboard: Dashboard) -> None:
    key = (await made(dashboard)).api_key
    path = keys(dashboard, f"/{key.id}/rotate")
    asked = await dashboard.get(path)
    assert f"which ends in {key.last4}, stops working at once" in asked.page.text
    assert asked.page.one("input", name="last4").get("value") == key.last4
    rotated = await dashboard.post(path, {"last4": key.last4})
    secret = secret_in(rotated)
    assert rotated.page.one("h1").text == "The new secret"
    # The same form once more, or that of somebody who looked before.
    again = await dashboard.post(path, {"last4": key.last4})
    assert again.status == 409
    assert f"it ends in {secret[-4:]} now" in again.page.one("p", role="alert").text
    assert again.page.one("input", name="last4").get("value") == secret[-4:]
    assert told(rows(await dashboard.get(keys(dashboard)))[0])[0] == f"Web shop …{secret[-4:]} active"


async def test_the_secret_comes_in_the_dialog_and_makes_the_page_behind_stale(dashboard: Dashboard) -> None:
    key = (await made(dashboard)).api_key
    path = keys(dashboard, f"/{key.id}/rotate")
    rotated = await dashboard.post(path, {"last4": key.last4}, **IN_DIALOG)
    assert not rotated.page.all("html")
    assert secret_in(rotated).endswith(rotated.page.one("code", id="secret").text[-4:])
    assert "data-stale" in rotated.page.one("div", class_="row").attributes


async def test_a_key_is_revoked_after_a_question_and_stands_with_the_others_that_ended(dashboard: Dashboard) -> None:
    key, other = (await made(dashboard)).api_key, (await made(dashboard, name="Other")).api_key
    path = keys(dashboard, f"/{key.id}/revoke")
    assert f"which ends in {key.last4}, stops working at once and for good" in (await dashboard.get(path)).page.text
    for _ in range(2):
        assert (await dashboard.post(path)).location == keys(dashboard, "?done=key-revoked")
    reply = await dashboard.get(keys(dashboard))
    assert [told(row)[0] for row in rows(reply)] == [
        f"Other …{other.last4} active",
        f"Web shop …{key.last4} revoked",
    ]
    assert reply.page.one("summary").text == "1 revoked or expired"
    late = await dashboard.get(keys(dashboard, f"/{key.id}/rotate"))
    assert (late.status, "is revoked and can't be rotated" in late.page.text) == (409, True)


async def test_the_addresses_of_a_key_are_replaced(dashboard: Dashboard) -> None:
    key = (await made(dashboard, allowlist=["192.0.2.1"])).api_key
    path = keys(dashboard, f"/{key.id}/addresses")
    page = (await dashboard.get(path)).page
    seen = page.one("input", name="seen").get("value")
    assert page.one("textarea").text == "192.0.2.1"
    wrong = await dashboard.post(path, {"seen": seen, "allowlist": "192.0.2.1\r\nnowhere"})
    assert wrong.status == 422
    assert wrong.page.one(id="allowlist-error").text.startswith("Allowlist: 'nowhere' is not")
    assert wrong.page.one("textarea").text == "192.0.2.1 nowhere"
    saved = await dashboard.post(path, {"seen": seen, "allowlist": " 198.51.100.0/24 \r\n\r\n"})
    assert saved.location == keys(dashboard, "?done=saved")
    assert told(rows(await dashboard.get(keys(dashboard)))[0])[1] == "198.51.100.0/24"
    # Somebody else, who still sees the list as it was.
    late = await dashboard.post(path, {"seen": seen, "allowlist": ""}, "editor")
    assert (late.status, late.page.one("p", class_="theirs").text) == (409, "Saved meanwhile 198.51.100.0/24")
    seen = late.page.one("input", name="seen").get("value")
    await dashboard.post(path, {"seen": seen, "allowlist": ""}, "editor")
    assert told(rows(await dashboard.get(keys(dashboard)))[0])[1] == "all"


@for_each("deed", ["new", "{}/rotate", "{}/revoke", "{}/addresses"])
async def test_a_viewer_can_change_nothing(dashboard: Dashboard, deed: str) -> None:
    key = (await made(dashboard)).api_key
    path = keys(dashboard, f"/{deed.format(key.id)}")
    for reply in (await dashboard.get(path, "viewer"), await dashboard.post(path, {"last4": key.last4}, "viewer")):
        assert reply.status == 403
        assert "Your role (viewer) can't do this. It takes an editor of the account." in reply.page.text


@pytest.mark.parametrize("deed", ["rotate", "revoke", "addresses"])
async def test_the_keys_of_another_chatbot_are_not_there(dashboard: Dashboard, deed: str) -> None:
    foreign = await dashboard.new_account("Foreign")
    theirs = (await dashboard.auth("CreateChatbot", account_id=foreign.id, name="Theirs")).chatbot
    key = (await dashboard.auth("CreateApiKey", chatbot_id=theirs.id)).api_key
    nowhere = await dashboard.get("/dashboard/nowhere")
    for key_id in (key.id, "key_00000000000000000000"):
        path = keys(dashboard, f"/{key_id}/{deed}")
        for reply in (await dashboard.get(path), await dashboard.post(path, {"last4": key.last4})):
            assert (reply.status, reply.text) == (404, nowhere.text)
    (left,) = (await dashboard.auth("ListApiKeys", chatbot_id=theirs.id)).api_keys
    assert left == key


async def test_without_quota_the_keys_are_shown_and_made_all_the_same(dashboard: Dashboard) -> None:
    await made(dashboard)
    async with dashboard.without("quota"):
        reply = await dashboard.get(keys(dashboard))
        form = await filled_in(dashboard, name="Now")
        assert (await dashboard.post(keys(dashboard, "/new"), form)).status == 200
    assert len(rows(reply)) == 1
    assert reply.page.one(class_="failure").text.startswith("The Quota service does not answer.")


async def test_names_are_no_markup(dashboard: Dashboard) -> None:
    await made(dashboard, name="<b>Shop</b> ‮ & co")
    reply = await dashboard.get(keys(dashboard))
    assert rows(reply)[0].one("th").one("bdi").text == "<b>Shop</b> ‮ & co"


@pytest.mark.parametrize("who", MEMBERS)
async def test_every_member_downloads_the_api_as_a_document(dashboard: Dashboard, who: str) -> None:
    (link,) = [each for each in (await dashboard.get(keys(dashboard), who)).page.all("a") if "OpenAPI" in each.text]
    reply = await dashboard.get(link.get("href"), who)
    assert reply.headers["Content-Disposition"] == 'attachment; filename="openapi.yaml"'
    served = yaml.safe_load(reply.text)
    address = served["servers"][0]["variables"]["address"]
    assert address["default"] == str(dashboard.client.make_url("/")).rstrip("/")
    address["default"] = api_document.DEFAULT_ADDRESS
    assert served == document()
