"""`bot_x/keys`: making keys, whose secrets are shown once."""

import logging

import pytest

from tests.each import for_each
from tests.web.dashboard import Dashboard
from tests.web.keys_page import IN_DIALOG, MOST, filled_in, keys, made, rows, secret_in, told

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_the_secret_comes_in_the_dialog_and_makes_the_page_behind_stale(dashboard: Dashboard) -> None:
    key = (await made(dashboard)).api_key
    path = keys(dashboard, f"/{key.id}/rotate")
    rotated = await dashboard.post(path, {"last4": key.last4}, **IN_DIALOG)
    assert not rotated.page.all("html")
    assert secret_in(rotated).endswith(rotated.page.one("code", id="secret").text[-4:])
    assert "data-stale" in rotated.page.one("div", class_="row").attributes
