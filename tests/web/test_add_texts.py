"""POST `bot_x/sources/text`: texts that are typed."""

from collections.abc import Sequence

import pytest

from services.web.dashboard.pages.add_sources import MAXIMUM_TEXT_LENGTH
from tests.each import for_each
from tests.web.browser import Part
from tests.web.dashboard import Dashboard
from tests.web.test_sources_page import rows, sources, told

pytestmark = pytest.mark.asyncio(loop_scope="session")
UNKNOWN = Part("file", b"MZ", "setup.exe")


def text(title: str, content: str, url: str = "") -> Sequence[Part]:
    return [Part("title", title.encode()), Part("text", content.encode()), Part("url", url.encode())]


async def test_a_text_is_a_source_with_a_title(dashboard: Dashboard) -> None:
    asked = await dashboard.get(sources(dashboard, "/text"))
    assert asked.page.one("main").one("form").get("enctype") == "multipart/form-data"
    reply = await dashboard.send(sources(dashboard), text("Why 1/2?", "# Half\r\n\r\nBecause."))
    assert reply.status == 303
    (row,) = rows(await dashboard.get(reply.location))
    assert told(row)[0] == "Why 1/2? texts/Why 1-2-.md"


async def test_a_text_may_name_a_page(dashboard: Dashboard) -> None:
    reply = await dashboard.send(sources(dashboard), text("Fees", "Twelve.", "https://example.com/fees"))
    (row,) = rows(await dashboard.get(reply.location))
    assert row.one("th").one("a").get("href") == "https://example.com/fees"


@for_each(
    ("title", "content", "url", "field", "says"),
    [
        (" ", "Twelve.", "", "title", "Title must not be empty."),
        ("Fees", " \n", "", "text", "Text must not be empty."),
        ("x" * 501, "Twelve.", "", "title", "Title must be at most 500 characters"),
        ("Fees", "Twelve.", "ftp://example.com", "url", "Url can't be used: it must begin with https:// or http://."),
        ("Fees", "x" * (4 * MAXIMUM_TEXT_LENGTH + 1), "", "text", "Text must be at most 1000000 bytes"),
    ],
)
async def test_a_wrong_field_is_told_there_and_what_was_typed_stays(
    dashboard: Dashboard, title: str, content: str, url: str, field: str, says: str
) -> None:
    reply = await dashboard.send(sources(dashboard), text(title, content, url))
    assert reply.status == 422
    assert reply.page.one(id=f"{field}-error").text.startswith(says)
    assert reply.page.one("input", id="url").get("value") == url
    if field != "text":
        assert reply.page.one("input", id="title").get("value") == title
        assert reply.page.one("textarea").text == content.strip()


async def test_a_text_in_a_dialog_leads_the_script_on(dashboard: Dashboard) -> None:
    headers = {"hx_request": "true", "hx_target": "dialog#dialog"}
    wrong = await dashboard.send(sources(dashboard), text("", "Twelve."), **headers)
    assert (wrong.status, wrong.page.all("html")) == (422, [])
    right = await dashboard.send(sources(dashboard), text("Fees", "Twelve."), **headers)
    assert right.status == 200
    assert right.headers["HX-Redirect"].endswith("&done=text-added")
