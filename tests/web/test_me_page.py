"""`me`: name, password, open sessions."""

import pytest

from tests.web.browser import Browser
from tests.web.dashboard import PASSWORD, Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")

ME = "/dashboard/me"


async def signed_in(dashboard: Dashboard, who: str, password: str = PASSWORD) -> Browser:
    browser = dashboard.new_browser()
    await browser.get("/dashboard/sign-in")
    reply = await browser.post("/dashboard/sign-in", {"email": f"{who}@example.com", "password": password})
    assert reply.status == 303
    return browser


async def test_a_person_changes_their_name(dashboard: Dashboard) -> None:
    reply = await dashboard.post(ME, {"name": "Ada\x07Lovelace"}, "stranger")
    assert reply.status == 422
    reply = await dashboard.post(ME, {"name": "Ada Lovelace"}, "stranger")
    page = (await dashboard.get(reply.location, "stranger")).page
    assert page.one("p", role="status").text == "Saved."
    assert page.one("nav", class_="own").one("bdi").text == "Ada Lovelace"
    assert page.one("input", id="name").get("value") == "Ada Lovelace"


async def test_a_new_password_ends_all_other_sessions(dashboard: Dashboard) -> None:
    here, elsewhere = await signed_in(dashboard, "viewer"), await signed_in(dashboard, "viewer")
    path = f"{ME}/password"
    wrong = await here.post(path, {"password": "not the present one", "new_password": "a new password"})
    assert (wrong.status, wrong.page.one(id="password-error").text) == (422, "The present password is wrong.")
    short = await here.post(path, {"password": PASSWORD, "new_password": "short"})
    assert (short.status, short.page.one(id="new_password-error").text[:26]) == (422, "New password must be 10 to")
    changed = await here.post(path, {"password": PASSWORD, "new_password": "a new password"})
    assert (changed.status, changed.location) == (303, f"{ME}?done=password-changed")
    assert (await here.get(ME)).status == 200
    assert (await elsewhere.get(ME)).status == 303
    back = await here.post(path, {"password": "a new password", "new_password": PASSWORD})
    assert back.status == 303
    dashboard.browsers["viewer"] = here


async def test_a_person_ends_their_sessions_and_nobody_else_s(dashboard: Dashboard) -> None:
    here, first, second = [await signed_in(dashboard, "editor") for _ in range(3)]
    page = (await here.get(ME)).page
    rows = page.one("tbody").all("tr")
    (current,) = [row for row in rows if row.children[0].text == "Firefox on Linux this one"]
    assert not current.all("a")
    end = next(row for row in rows if row is not current).one("a")
    asked = await here.get(end.get("href"))
    assert "Firefox on Linux from 198.51.100.7" in asked.page.text
    assert (await dashboard.get(end.get("href"), "owner")).status == 404
    assert (await dashboard.post(end.get("href"), who="owner")).status == 404
    assert (await here.post(end.get("href"))).status == 303
    assert sorted([(await browser.get(ME)).status for browser in (first, second)]) == [200, 303]
    assert (await here.post(f"{ME}/sessions/others")).location == f"{ME}?done=sessions-ended"
    assert [(await browser.get(ME)).status for browser in (here, first, second)] == [200, 303, 303]
    dashboard.browsers["editor"] = here


async def test_forms_say_in_the_dialog_what_they_say_on_their_page(dashboard: Dashboard) -> None:
    headers = {"hx_request": "true", "hx_target": "dialog#dialog"}
    form = (await dashboard.get(f"{ME}/password", "owner", **headers)).page
    assert not form.all("html")
    assert form.one("h2", id="dialog-title").text == "Change password"
    assert form.one("form", method="post").get("hx-post") == f"{ME}/password"
    wrong = await dashboard.post(f"{ME}/password", {"password": "x", "new_password": "y"}, "owner", **headers)
    assert (wrong.status, bool(wrong.page.all("html"))) == (422, False)
    saved = await dashboard.post(ME, {"name": "Owner"}, "owner", **headers)
    assert (saved.status, saved.headers["HX-Redirect"], saved.text) == (200, f"{ME}?done=saved", "")
