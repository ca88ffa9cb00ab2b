"""Forms as they are read and as refusals are put to their fields."""

import pytest

from services.errors import ChatmountError, Reason, Text, invalid, refusal
from services.web.dashboard.forms import Form
from services.web.dashboard.way_back import way_back
from tests.each import for_each
from tests.web.browser import BOUNDARY, Part, multipart
from tests.web.dashboard import Dashboard


@for_each(
    ("text", "field", "shown"),
    [
        ("name must be between 1 and 200 characters.", "name", "Name must be between 1 and 200 characters."),
        ("new_password must be longer.", "new_password", "New password must be longer."),
        ("'10.0.0.0/33' in allowlist is no network.", "allowlist", "'10.0.0.0/33' in allowlist is no network."),
    ],
)
def test_a_refusal_stands_at_the_field_that_it_names(text: str, field: str, shown: str) -> None:
    form = Form.of(name="x", new_password="y", allowlist="z").refused(invalid(text))
    assert (form.status, form.error, dict(form.errors)) == (422, "", {field: shown})
    assert form.get("name") == "x"


@for_each(
    ("refused", "status"),
    [
        (invalid("temperature must be from 0 to 2."), 422),
        (refusal(Text.LAST_OWNER), 409),
        (refusal(Text.KEY_LIMIT, plan="plus", keys="15 keys"), 409),
        (refusal(Text.SIGN_IN_FAILED), 422),
        (refusal(Text.SIGN_IN_ATTEMPTS, retry_after=40, wait="40 seconds"), 429),
        (refusal(Text.SERVICE_SILENT, service="Auth"), 503),
    ],
)
def test_what_names_no_field_stands_above_the_form(refused: ChatmountError, status: int) -> None:
    form = Form.of(name="x").refused(refused)
    assert (form.status, form.error, dict(form.errors)) == (status, refused.text, {})


@for_each("reason", [Reason.NOT_FOUND, Reason.MEMBER_ROLE, Reason.SESSION_ENDED, Reason.INTERNAL])
def test_what_no_other_entry_would_mend_is_the_page_s_affair(reason: Reason) -> None:
    with pytest.raises(ChatmountError):
        Form.of(name="x").refused(ChatmountError(reason, "name"))


def test_a_form_keeps_its_creation_id_and_a_new_one_has_another() -> None:
    assert Form.of(creation_id="c" * 20).creation_id == "c" * 20
    assert len({Form().creation_id for _ in range(3)}) == 3


@for_each("asked", ["/dashboard/", "/dashboard/acct_1/usage", "/dashboard/bot_1/sources?state=failed&page=abc"])
def test_the_way_back_is_a_page_of_the_dashboard(asked: str) -> None:
    assert way_back(asked) == asked


@for_each(
    "asked",
    [
        *("", "/", "//evil.example/dashboard/", "https://evil.example/dashboard/", "/dashboard/../v1/chat"),
        *("/dashboard/%2e%2e/", "/dashboard/\\evil.example", "/dashboard/x\r\nSet-Cookie: a=b", "/dashboardx/"),
        *("/dashboard/sign-out", "/dashboard/sign-in?next=/dashboard/", "/dashboard/" + "x" * 2000),
    ],
)
def test_any_other_way_leads_to_the_start(asked: str) -> None:
    assert way_back(asked) == "/dashboard/"


@pytest.mark.asyncio(loop_scope="session")
@for_each(
    ("body", "kind", "status"),
    [
        ("&".join(f"f{number}=1" for number in range(101)), "application/x-www-form-urlencoded", 400),
        ("name=%ff", "application/x-www-form-urlencoded", 400),
        ("name=" + "x" * 70_000, "application/x-www-form-urlencoded", 413),
        ('{"name": "x"}', "application/json", 415),
        ("name=x", "multipart/form-data; boundary=b", 400),
        ("name=x", "multipart/form-data", 400),
        (multipart([Part("f", b"1")] * 101).decode(), f"multipart/form-data; boundary={BOUNDARY}", 400),
        (multipart([Part("name", b"x" * 70_000)]).decode(), f"multipart/form-data; boundary={BOUNDARY}", 413),
        ("name=x", "text/plain", 415),
    ],
)
async def test_a_body_that_no_page_of_ours_sends_is_refused(
    dashboard: Dashboard, body: str, kind: str, status: int
) -> None:
    path = f"/dashboard/{dashboard.account.id}/new"
    reply = await dashboard.post(path, body, content_type=kind)
    assert reply.status == status
    assert reply.page.one("h1")


@pytest.mark.asyncio(loop_scope="session")
async def test_the_longest_answer_fits_in_any_script(dashboard: Dashboard) -> None:
    path = f"/dashboard/{dashboard.chatbot.id}/questions/new"
    assert (await dashboard.get(path)).page.one("form", class_="stack").get("enctype") == "multipart/form-data"
    answer = "\N{CJK UNIFIED IDEOGRAPH-9EBB}" * 8000
    saved = await dashboard.send(path, [Part("question", "多少?".encode()), Part("answer", answer.encode())])
    assert saved.status == 303
    (pair,) = (await dashboard.call("retrieval", "ListQaPairs")).qa_pairs
    assert pair.answer == answer


@pytest.mark.asyncio(loop_scope="session")
@for_each(
    "part",
    [
        Part("name", b"\xff"),
        Part("name", b"x", "a\0b"),
        Part("name", b"x", "a\r\nno header"),
        Part("_charset_", b"x" * 99),
    ],
)
async def test_a_part_that_can_not_be_read_is_refused(dashboard: Dashboard, part: Part) -> None:
    reply = await dashboard.send(f"/dashboard/{dashboard.account.id}/new", [part])
    assert reply.status == 400
    assert "A form has at most 100 fields, in UTF-8." in reply.page.text
