"""`installation/people`: people and their links, for operators alone."""

import pytest

from tests.web.dashboard import PASSWORD, Dashboard
from tests.web.installation_pages import PATH, PEOPLE, all_rows, person, rows

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_operator_makes_a_person_and_passes_their_link_on(dashboard: Dashboard) -> None:
    email = f"Ada@{dashboard.account.id}.example.com"
    fields = {"email": email, "name": "<b>Ada</b>", "is_operator": "on"}
    made = await dashboard.post(f"{PEOPLE}/new", fields, "operator")
    link = made.page.one("code", id="link").text
    assert f"To <b>Ada</b>, {email}. It works once, until 2026-11-23 10:15 UTC" in made.page.text
    again = await dashboard.post(f"{PEOPLE}/new", fields, "operator")
    assert (again.status, again.page.all("code")) == (409, [])
    assert again.page.one("p", role="alert").text == "This e-mail address has a user already."
    assert again.page.one("input", id="email").get("value") == email
    assert "checked" in again.page.one("input", id="is_operator").attributes
    people = await all_rows(dashboard, PEOPLE)
    assert [
        f"<b>Ada</b> operator {email}",
        "enabled",
        "2026-11-23 10:00 UTC",
        "never",
        "Sign-in link Disable",
    ] in people

    newcomer = dashboard.new_browser()
    assert (await newcomer.get(f"/dashboard/{link.partition('/dashboard/')[2]}")).status == 200
    entered = await newcomer.post("/dashboard/link", {"secret": link.partition("secret=")[2], "password": PASSWORD})
    assert entered.status == 303
    assert (await newcomer.get(PATH)).status == 200


async def test_a_wrong_person_is_said_at_its_field(dashboard: Dashboard) -> None:
    reply = await dashboard.post(f"{PEOPLE}/new", {"email": "nobody", "name": "Nobody"}, "operator")
    assert (reply.status, reply.page.one("input", id="email").get("value")) == (422, "nobody")
    assert reply.page.one(id="email-error").text == "Email must be an address such as ada@example.com."
    reply = await dashboard.post(f"{PEOPLE}/new", {"email": "a@b", "name": ""}, "operator")
    assert (reply.status, reply.page.one(id="name-error").text[:12]) == (422, "Name must be")


async def test_a_new_link_ends_the_one_before(dashboard: Dashboard) -> None:
    asked = await dashboard.get(person(dashboard, "stranger", "link"), "operator")
    assert "With it, Stranger, stranger@example.com, sets a new password." in asked.page.text
    links = []
    for _ in range(2):
        made = await dashboard.post(person(dashboard, "stranger", "link"), who="operator")
        links.append(made.page.one("code", id="link").text)
    paths = [f"/dashboard/{link.partition('/dashboard/')[2]}" for link in links]
    assert [(await dashboard.new_browser().get(path)).status for path in paths] == [404, 200]


async def test_a_person_is_disabled_after_a_question_and_enabled_again(dashboard: Dashboard) -> None:
    await dashboard.add("leaver")
    path = person(dashboard, "leaver", "enabled")
    assert (await dashboard.get("/dashboard/me", "leaver")).status == 200
    asked = await dashboard.get(path, "operator")
    assert asked.page.one("h1").text == "Disable this person?"
    done = await dashboard.post(path, who="operator")
    assert done.location == f"{PEOPLE}?done=user-disabled"
    assert (await dashboard.get("/dashboard/me", "leaver")).status == 303
    refused = await dashboard.post(person(dashboard, "leaver", "link"), who="operator")
    said = "This user is disabled and can't sign in. Enable them first."
    assert (refused.status, refused.page.one("p", role="alert").text) == (409, said)
    asked = (await dashboard.get(path, "operator")).page.one("main")
    assert asked.one("h1").text == "Enable this person?"
    fields = {field.get("name"): field.get("value") for field in asked.all("input")}
    assert (await dashboard.post(path, fields, "operator")).location == f"{PEOPLE}?done=user-enabled"


async def test_the_last_operator_who_can_sign_in_stays(dashboard: Dashboard) -> None:
    for row in (await dashboard.auth("ListUsers", page_size=1000)).users:
        if row.is_operator and row.id != dashboard.users["operator"].id:
            await dashboard.auth("SetUserEnabled", user_id=row.id, enabled=False)
    asked = await dashboard.get(person(dashboard, "operator", "enabled"), "operator")
    assert "all of their sessions end at once: that is you." in asked.page.text
    reply = await dashboard.post(person(dashboard, "operator", "enabled"), who="operator")
    said = "This is the only operator who can sign in."
    assert (reply.status, reply.page.one("p", role="alert").text) == (409, said)


async def test_people_are_cut_in_pages(dashboard: Dashboard) -> None:
    for number in range(50):
        await dashboard.auth("CreateUser", email=f"{number}@{dashboard.account.id}", name="Somebody")
    first = await dashboard.get(PEOPLE, "operator")
    assert len(rows(first)) == 50
    assert first.page.all("a", rel="next")
    everybody = await all_rows(dashboard, PEOPLE)
    assert len(everybody) == len((await dashboard.auth("ListUsers", page_size=1000)).users)
