"""`bot_x/sources`: what there is and how it stands, for whom; switching, removing."""

import pytest

from tests.each import for_each
from tests.waiting import until
from tests.web.browser import Part, Reply
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.html_check import Element

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEES = Part("file", b"# Fees\n\nThe yearly fee is 12 euros.", "fees.md")
RETURNS = Part("file", b"# Returns\n\nReturns are free for 30 days.", "returns.md")
BROKEN = Part("file", b"%PDF-1.4 that is all", "broken.pdf")


def sources(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/sources{rest}"


def rows(reply: Reply) -> list[Element]:
    return [row for body in reply.page.all("tbody") for row in body.all("tr")]


def told(row: Element) -> list[str]:
    """Title, state, content."""
    return [cell.text for cell in row.children[:3]]


async def fill(dashboard: Dashboard, *files: Part) -> list[Element]:
    """The rows of these files, when all are read."""
    sent = await dashboard.send(sources(dashboard), files)
    assert sent.status == 303
    path = sent.location.removesuffix("&done=files-added")

    async def are_read() -> bool:
        return "being read" not in (await dashboard.get(path)).text

    await until(are_read)
    return rows(await dashboard.get(path))


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_all_members_see_the_sources_and_editors_the_buttons(dashboard: Dashboard, who: str) -> None:
    await fill(dashboard, FEES, BROKEN)
    reply = await dashboard.get(sources(dashboard), who)
    fees, broken = rows(reply)
    assert told(fees) == ["Fees fees.md", "ready", "1 passage 35 bytes"]
    assert told(broken)[0] == "broken.pdf"
    assert told(broken)[1].startswith("failed The file")
    may = who != "viewer"

    assert bool(reply.page.all("form", class_="drop")) == bool(fees.all("form")) == bool(fees.all("a")) == may
    assert [link.text for link in reply.page.one("nav", class_="filters").all("a")] == ["All 2", "Ready 1", "Failed 1"]


@for_each("who", ["owner", "viewer"])
async def test_without_sources_it_says_who_can_add_some(dashboard: Dashboard, who: str) -> None:
    reply = await dashboard.get(sources(dashboard), who)
    assert "This chatbot has no sources yet, so it has nothing to answer from." in reply.page.text
    assert ("An editor of the account can add some." in reply.page.text) == (who == "viewer")
    assert len(reply.page.all("input", type="file")) == (who == "owner")


async def test_the_list_is_narrowed_by_state_and_by_text(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES, RETURNS, BROKEN)
    failed = await dashboard.get(sources(dashboard, "?state=failed"))
    assert [told(row)[0] for row in rows(failed)] == ["broken.pdf"]
    with_text = await dashboard.get(sources(dashboard, "?text=RETUR"))
    assert [told(row)[0] for row in rows(with_text)] == ["Returns returns.md"]
    none = await dashboard.get(sources(dashboard, "?state=off&text=fees"))
    assert none.page.one(class_="empty").text == "No source is like that. All sources"
    assert none.page.one("input", name="text").get("value") == "fees"
    unknown_state = await dashboard.get(sources(dashboard, "?state=made-up"))
    assert len(rows(unknown_state)) == 3


async def test_a_source_is_switched_off_and_on_and_the_list_stays_the_same(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    form = (await dashboard.get(sources(dashboard, "?text=fee"))).page.one("tbody").one("form")
    off = await dashboard.post(form.get("action"))
    assert off.location == sources(dashboard, "?text=fee&done=source-off")
    (row,) = rows(await dashboard.get(off.location))
    assert told(row)[:2] == ["Fees fees.md", "off"]
    assert row.one("button").text == "Switch on"
    on = await dashboard.post(row.one("form").get("action"), {"enabled": "on"})
    assert told(*rows(await dashboard.get(on.location)))[1] == "ready"
    assert (await dashboard.get(form.get("action"))).location == sources(dashboard, "?text=fee")


async def test_a_source_is_removed_after_a_question(dashboard: Dashboard) -> None:
    (fees,) = await fill(dashboard, FEES)
    asked = await dashboard.get(fees.one("a").get("href"))
    assert "Fees" in asked.page.one("main").text
    removed = await dashboard.post(asked.page.one("main").one("form").get("action"))
    assert removed.status == 303
    assert rows(await dashboard.get(removed.location)) == []
    again = await dashboard.get(fees.one("a").get("href"))
    assert again.status == 404


@pytest.mark.parametrize("deed", ["enabled", "remove"])
async def test_a_viewer_can_change_nothing(dashboard: Dashboard, deed: str) -> None:
    (fees,) = await fill(dashboard, FEES)
    reply = await dashboard.post(sources(dashboard, f"/{fees.get('id')}/{deed}"), who="viewer")
    assert reply.status == 403
    assert "Your role (viewer) can't do this." in reply.page.text


async def test_what_is_another_chatbots_is_not_there(dashboard: Dashboard) -> None:
    (fees,) = await fill(dashboard, FEES)
    other = await dashboard.new_chatbot("Other")
    missing = await dashboard.get(f"/dashboard/{other.id}/sources/{fees.get('id')}/remove")
    made_up = await dashboard.get(sources(dashboard, "/src_00000000000000000000/remove"))
    foreign = await dashboard.get(sources(dashboard), "stranger")
    assert (missing.status, made_up.status, foreign.status) == (404, 404, 404)
    assert missing.text == made_up.text == foreign.text.replace("<bdi>Stranger</bdi>", "<bdi>Owner</bdi>")


async def test_texts_of_users_are_no_markup_and_no_odd_link(dashboard: Dashboard) -> None:
    (row,) = await fill(dashboard, Part("file", b"# <b>Fees</b> &amp; more \xe2\x80\xae\n\nTwelve.", "a'b.md"))
    assert row.one("th").all("b") == []
    assert [link for link in row.one("th").all("a") if not link.get("href").startswith("http")] == []


async def test_a_list_is_cut_in_pages(dashboard: Dashboard) -> None:
    await fill(dashboard, *(Part("file", f"Number {number}.".encode(), f"{number:02}.txt") for number in range(53)))
    first = await dashboard.get(sources(dashboard, "?state=ready"))
    assert len(rows(first)) == 50
    following = await dashboard.get(first.page.one("a", rel="next").get("href"))
    assert [told(row)[0] for row in rows(following)] == ["50.txt", "51.txt", "52.txt"]


async def test_a_page_reloads_itself_only_while_something_moves_and_no_file_is_being_chosen(
    dashboard: Dashboard,
) -> None:
    await fill(dashboard, FEES)
    for path in ("", "?state=ready"):
        reply = await dashboard.get(sources(dashboard, path))
        assert reply.page.all("meta", http_equiv="refresh") == []
        assert "progress" not in reply.text


HOUR = 3600


async def test_it_says_how_the_sources_were_last_read_again(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    assert "ead again" not in (await dashboard.get(sources(dashboard))).page.text
    ended = int(dashboard.clock()) - 2 * HOUR
    failures = [
        {"url": "https://shop.example.com/<b>", "error": "answered with status 500"},
        {"url": "docs/a.pdf", "error": "The file is empty."},
    ]
    sync = {"began_at": ended - 9, "ended_at": ended, "every_seconds": 6 * HOUR, "changed": 3, "unchanged": 7}
    await dashboard.call("retrieval", "RecordSync", sync={**sync, "failed": 5, "failures": failures})
    page = (await dashboard.get(sources(dashboard), "viewer")).page
    assert "Read again every 6 hours. Last 2 hours ago: 3 changed, 5 failed. " in page.text
    assert "overdue" not in page.text
    failed = page.one("main").one("details").all("li")
    assert [one.text for one in failed] == [
        "https://shop.example.com/<b> answered with status 500",
        "docs/a.pdf The file is empty.",
        "3 more",
    ]
    assert [link.get("href") for one in failed for link in one.all("a")] == ["https://shop.example.com/<b>"]
    assert "Read again" not in (await dashboard.get(sources(dashboard, "?state=ready"))).page.text
    late = {**sync, "began_at": 1, "ended_at": int(dashboard.clock()) - 12 * HOUR - 60, "changed": 0}
    await dashboard.call("retrieval", "RecordSync", sync=late)
    page = (await dashboard.get(sources(dashboard))).page
    assert "Last 12 hours ago: nothing has changed. This is overdue" in page.text
    assert not page.one("main").all("details")
    await dashboard.call("retrieval", "RecordSync", sync={**late, "every_seconds": 0, "gone": 1})
    text = (await dashboard.get(sources(dashboard))).page.text
    assert "Last read again 12 hours ago: 1 gone." in text
    assert "overdue" not in text
