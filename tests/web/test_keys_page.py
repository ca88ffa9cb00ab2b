"""`bot_x/keys`: what there is, for whom; making, rotating, limiting, revoking; secrets are shown once."""

from datetime import UTC, datetime

import pytest
import yaml

from services.web.dashboard.pages import api_document
from tests.each import for_each
from tests.openapi_document import document
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.keys_page import MOST, filled_in, keys, made, rows, secret_in, told

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
