"""`acct_x/` and `acct_x/new`: the list of chatbots, and one more."""

import pytest

from tests.each import for_each
from tests.web.dashboard import MEMBERS, Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")


@for_each("who", MEMBERS)
async def test_every_member_sees_the_chatbots_and_only_an_owner_the_button(dashboard: Dashboard, who: str) -> None:
    reply = await dashboard.get(f"/dashboard/{dashboard.account.id}/", who)
    assert reply.status == 200
    (row,) = reply.page.one("tbody").all("tr")
    assert [cell.text for cell in row.children] == ["Help Desk", "on", "0", "not in 90 days"]
    assert ("New chatbot" in reply.text) == (who == "owner")


async def test_a_stranger_and_a_made_up_id_get_the_same_page(dashboard: Dashboard) -> None:
    foreign = await dashboard.get(f"/dashboard/{dashboard.account.id}/", "stranger")
    made_up = await dashboard.get("/dashboard/acct_00000000000000000000/", "owner")
    nowhere = await dashboard.get("/dashboard/nowhere", "owner")
    assert (foreign.status, made_up.status, nowhere.status) == (404, 404, 404)
    assert foreign.text.replace("<bdi>Stranger</bdi>", "<bdi>Owner</bdi>") == made_up.text == nowhere.text


async def test_an_owner_creates_a_chatbot_once_however_often_the_form_is_sent(dashboard: Dashboard) -> None:
    path = f"/dashboard/{dashboard.account.id}/new"
    form = (await dashboard.get(path)).page
    fields = {"creation_id": form.one("input", name="creation_id").get("value"), "name": "Fees"}
    first, second = await dashboard.post(path, fields), await dashboard.post(path, fields)
    assert first.status == 303
    assert first.location == second.location
    names = [
        row.children[0].text for row in (await dashboard.get(path.removesuffix("new"))).page.one("tbody").all("tr")
    ]
    assert names == ["Help Desk", "Fees"]


async def test_a_wrong_name_is_said_at_the_field_and_what_was_typed_stays(dashboard: Dashboard) -> None:
    reply = await dashboard.post(f"/dashboard/{dashboard.account.id}/new", {"name": "x" * 201, "creation_id": "c" * 20})
    assert reply.status == 422
    field = reply.page.one("input", id="name")
    assert field.get("value") == "x" * 201
    assert "autofocus" in field.attributes
    assert reply.page.one(id="name-error").text.startswith("Name must be")
    assert reply.page.one("input", name="creation_id").get("value") == "c" * 20


async def test_a_viewer_is_told_who_can_create_one(dashboard: Dashboard) -> None:
    reply = await dashboard.post(f"/dashboard/{dashboard.account.id}/new", {"name": "x"}, "viewer")
    assert reply.status == 403
    assert "Your role (viewer) can't do this. It takes an owner of the account." in reply.page.text


async def test_until_the_first_answer_the_page_says_what_comes_next(dashboard: Dashboard) -> None:
    empty = await dashboard.new_account("Empty", owner="owner", viewer="viewer")
    steps = await steps_of(dashboard, empty.id)
    assert list(steps) == ["Create a chatbot", *list(steps)[1:]]
    assert steps["Create a chatbot"] == f"/dashboard/{empty.id}/new"
    assert not (await dashboard.get(f"/dashboard/{empty.id}/", "viewer")).page.all("ol", class_="steps")

    steps = await steps_of(dashboard, dashboard.account.id)
    assert steps["Create a chatbot done"] == ""
    assert steps["Ask it something"] == f"/dashboard/{dashboard.chatbot.id}/"

    await dashboard.answer_once(dashboard.chatbot)
    assert await steps_of(dashboard, dashboard.account.id) == {}
    reply = await dashboard.get(f"/dashboard/{dashboard.account.id}/")
    assert [cell.text for cell in reply.page.one("tbody").one("tr").children] == ["Help Desk", "on", "1", "2026-11-23"]


async def steps_of(dashboard: Dashboard, account_id: str) -> dict[str, str]:
    """The steps of the checklist, and where each leads."""
    page = (await dashboard.get(f"/dashboard/{account_id}/")).page
    steps = [step for list_ in page.all("ol", class_="steps") for step in list_.children]
    return {step.text: next((link.get("href") for link in step.all("a")), "") for step in steps}
