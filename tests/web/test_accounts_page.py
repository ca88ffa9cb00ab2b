"""`/dashboard/`: choosing an account."""

import pytest

from tests.web.dashboard import Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOME = "/dashboard/"


async def test_whoever_has_one_account_goes_there_at_once(dashboard: Dashboard) -> None:
    account = await dashboard.new_account("Only", stranger="owner")
    reply = await dashboard.get(HOME, "stranger")
    assert (reply.status, reply.location) == (303, f"/dashboard/{account.id}/")
    assert (await dashboard.get(f"{HOME}?all", "stranger")).page.one("tbody").text == "Only owner plus"


async def test_whoever_has_several_chooses_among_their_own(dashboard: Dashboard) -> None:
    await dashboard.new_account("Bees & Co", viewer="editor")
    await dashboard.new_account("Foreign", editor="owner")
    rows = [row.text for row in (await dashboard.get(HOME, "viewer")).page.one("tbody").all("tr")]
    assert "Acme viewer plus" in rows
    assert "Bees & Co editor plus" in rows
    assert not [row for row in rows if "Foreign" in row]


async def test_whoever_has_none_is_told_what_to_do(dashboard: Dashboard) -> None:
    await dashboard.add("newcomer")
    page = (await dashboard.get(HOME, "newcomer")).page
    assert "You are not a member of any account." in page.text
    assert "An owner of an account can invite you by your address, newcomer@example.com." in page.text


async def test_an_operator_sees_every_account(dashboard: Dashboard) -> None:
    page = (await dashboard.get(f"{HOME}?all", "operator")).page
    assert "Acme owner plus" in [row.text for row in page.one("tbody").all("tr")]
    assert page.one("nav", class_="own").all("a", href="/dashboard/installation/")
