"""`acct_x/usage`: figures, warnings, and a picture that shows the same as its table."""

import pytest

from tests.turned_clock import at
from tests.web.browser import Reply
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.html_check import Element
from tests.web.spending import set_plan, spend

pytestmark = pytest.mark.asyncio(loop_scope="session")


def usage(dashboard: Dashboard, query: str = "") -> str:
    return f"/dashboard/{dashboard.account.id}/usage{query}"


def figures(reply: Reply) -> dict[str, list[str]]:
    """What each figure says, and the words below it."""
    return {
        group.one("dt").text: [each.text for each in group.all("dd")]
        for group in reply.page.one("dl", class_="figures").children
    }


def warning(reply: Reply) -> str:
    return " ".join(each.text for each in reply.page.all(class_="warning"))


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_all_members_see_how_the_credits_stand(dashboard: Dashboard, who: str) -> None:
    await spend(dashboard, "2026-11-21", 4)
    await spend(dashboard, "2026-11-23", 1)
    await dashboard.call("quota", "GrantCredits", amount=500)
    reply = await dashboard.get(usage(dashboard), who)
    assert reply.status == 200
    assert figures(reply) == {
        "Used": ["5", "0 %"],
        "Left": ["1,995"],
        "Plan": ["1,500", "plus, each month"],
        "Granted on top": ["500"],
        # Four on the 21st, none on the 22nd: two a day; today one more, and seven days follow.
        "Forecast": ["20", "by the end of the month, at 2.0 a day"],
    }
    assert warning(reply) == ""


@pytest.mark.parametrize("query", ["", "?by=channel", "?chatbot=CHATBOT"])
async def test_the_picture_shows_the_numbers_of_the_table(dashboard: Dashboard, query: str) -> None:
    fees = await dashboard.new_chatbot("<b>Fees</b>")
    await spend(dashboard, "2026-11-03", 7)
    await spend(dashboard, "2026-11-03", 2, chatbot=fees)
    await spend(dashboard, "2026-11-03", 3, "widget")
    await spend(dashboard, "2026-11-20", 1, "playground", fees)
    await spend(dashboard, "2026-11-23", 2)
    reply = await dashboard.get(usage(dashboard, query.replace("CHATBOT", dashboard.chatbot.id)))
    names, tabled = table(reply)
    assert drawn(reply) == tabled
    assert list(tabled) == [f"2026-11-{day:02}" for day in range(1, 24)]
    assert {day: row for day, row in tabled.items() if any(row)} == {
        "": {"2026-11-03": [10, 2], "2026-11-20": [0, 1], "2026-11-23": [2, 0]},
        "?by=channel": {"2026-11-03": [9, 3, 0], "2026-11-20": [0, 0, 1], "2026-11-23": [2, 0, 0]},
        "?chatbot=CHATBOT": {"2026-11-03": [7, 3], "2026-11-23": [2, 0]},
    }[query]
    shown = ["Help Desk", "<b>Fees</b>"] if not query else ["API", "Widget", "Playground"][: len(names)]
    assert names == shown
    totals = {item.one("bdi").text: int(item.one(class_="soft").text) for item in legend(reply)}
    assert totals == {name: sum(row[place] for row in tabled.values()) for place, name in enumerate(names)}


async def test_of_many_chatbots_those_with_the_most_are_told_apart(dashboard: Dashboard) -> None:
    for number in range(7):
        await spend(dashboard, "2026-11-20", number + 1, chatbot=await dashboard.new_chatbot(f"Bot {number}"))
    reply = await dashboard.get(usage(dashboard))
    assert table(reply)[0] == ["Bot 6", "Bot 5", "Bot 4", "Bot 3", "Bot 2", "All others"]
    assert table(reply)[1]["2026-11-20"] == [7, 6, 5, 4, 3, 1 + 2]
    assert drawn(reply) == table(reply)[1]


def table(reply: Reply) -> tuple[list[str], dict[str, list[int]]]:
    """The names of the columns, and the numbers of each day."""
    _, *names, total = [cell.text for cell in reply.page.one("thead").all("th")]
    assert total == "In all"
    rows = {}
    for row in reply.page.one("tbody").all("tr"):
        day, *numbers, total = [cell.text for cell in row.children]
        rows[day] = [int(number) for number in numbers]
        assert sum(rows[day]) == int(total)
    return names, rows


def drawn(reply: Reply) -> dict[str, list[int]]:
    """What the bars of each day come to, by their heights and the lines beside them."""
    svg = reply.page.one("svg", role="img")
    assert svg.one(id=svg.get("aria-labelledby")).text.startswith("Credits of each day of November 2026, by ")
    assert svg.one(id=svg.get("aria-describedby")).text.startswith("One bar for each day. In total ")
    amounts = [int(label.text) for label in svg.all("text", class_="amount")]
    heights = [float(line.get("y1")) for line in svg.all("line")]
    pixels = (heights[0] - heights[-1]) / amounts[-1]
    days = {}
    for group in svg.all("g", class_="day"):
        said, numbers, top = group.one("title").text, [0] * len(legend(reply)), heights[0]
        assert group.one("rect", class_="zero").get("y") == str(int(heights[0]))
        for bar in group.all("rect")[2:]:
            height = float(bar.get("height"))
            numbers[int(bar.get("class").removeprefix("series")) - 1] = round(height / pixels)
            top -= height
            assert float(bar.get("y")) == pytest.approx(top, abs=0.1)
        days[said[:10]] = numbers
        assert said[10:].startswith(f": {sum(numbers)}")
    return days


def legend(reply: Reply) -> list[Element]:
    return reply.page.one("ul", class_="legend").children[:-1]


async def test_months_go_back_to_the_account_s_first_and_each_can_be_chosen(dashboard: Dashboard) -> None:
    dashboard.clock.now = at("2026-09-30 23:00:00")
    await dashboard.fill()
    await spend(dashboard, "2026-10-31", 3)
    dashboard.clock.now = at("2026-11-01 00:00:00")
    here = dashboard.new_browser()
    await here.get("/dashboard/sign-in")
    await here.post("/dashboard/sign-in", {"email": "viewer@example.com", "password": "correct horse battery"})
    reply = await here.get(usage(dashboard))
    options = reply.page.one("select", id="month").all("option")
    assert [option.text for option in options] == ["November 2026", "October 2026", "September 2026"]
    assert reply.page.one(class_="empty").text == "No credits were used in November 2026."
    assert figures(reply)["Forecast"] == ["–", "from the second day with questions"]
    before = await here.get(usage(dashboard, "?month=2026-10"))
    assert table(before)[1]["2026-10-31"] == [3]
    assert len(before.page.all("g", class_="day")) == 31
    assert before.page.all("dl", class_="figures") == []
    for query in ("?month=2026-08", "?month=x", "?month=2026-11&chatbot=%22%3E&by=x"):
        chosen = (await here.get(usage(dashboard, query))).page.all("option", selected="")
        assert [option.text for option in chosen] == ["November 2026", "All chatbots"]


async def test_people_are_warned_before_the_credits_are_used_up(dashboard: Dashboard) -> None:
    await set_plan(dashboard, "free")
    await spend(dashboard, "2026-11-23", 39)
    assert warning(await dashboard.get(usage(dashboard))) == ""
    await spend(dashboard, "2026-11-23", 1)
    ask = "Whoever runs this installation can grant credits or change the plan."
    assert warning(await dashboard.get(usage(dashboard))) == f"80 % of the credits are used. {ask}"
    await spend(dashboard, "2026-11-23", 10)
    used_up = "All credits of this month are used. Questions are refused until the next month begins (UTC)."
    assert warning(await dashboard.get(usage(dashboard), "viewer")) == f"{used_up} {ask}"
    by_operator = await dashboard.get(usage(dashboard), "operator")
    links = [link.get("href") for link in by_operator.page.one(class_="warning").all("a")]
    installation = f"/dashboard/installation/accounts/{dashboard.account.id}"
    assert links == [f"{installation}/credits", f"{installation}/plan"]


async def test_people_are_warned_when_the_credits_will_not_last(dashboard: Dashboard) -> None:
    await set_plan(dashboard, "free")
    await spend(dashboard, "2026-11-21", 5)
    await spend(dashboard, "2026-11-22", 5)
    assert warning(await dashboard.get(usage(dashboard))) == ""
    await spend(dashboard, "2026-11-21", 4)
    # At seven a day, 36 - 7 are left tonight: they last for four more days.
    said = "At this pace the credits run out on 2026-11-28, before the month ends."
    assert warning(await dashboard.get(usage(dashboard))).startswith(said)


async def test_without_a_limit_there_is_nothing_to_be_warned_of(dashboard: Dashboard) -> None:
    await set_plan(dashboard, "enterprise")
    reply = await dashboard.get(usage(dashboard))
    assert (figures(reply)["Left"], figures(reply)["Plan"][0]) == (["unlimited"], "unlimited")
    assert (warning(reply), reply.page.all("meter")) == ("", [])


async def test_credits_of_a_chatbot_that_is_gone_are_still_there(dashboard: Dashboard) -> None:
    gone = await dashboard.new_chatbot("Gone")
    await spend(dashboard, "2026-11-23", 2, chatbot=gone)
    await dashboard.auth("DeleteChatbot", chatbot_id=gone.id)
    assert table(await dashboard.get(usage(dashboard)))[0] == [f"{gone.id} (deleted)"]
    reply = await dashboard.get(usage(dashboard, f"?chatbot={gone.id}"))
    assert reply.page.one("select", id="chatbot").one("option", selected="").text == f"{gone.id} (deleted)"
    assert table(reply)[1]["2026-11-23"] == [2]
