"""The pages of a chatbot's conversations."""

from services.web.dashboard.conversations import address_of
from tests.web.browser import Reply
from tests.web.dashboard import Dashboard
from tests.web.html_check import Element

FEE = "What is the yearly fee?"
A_DAY = 86_400.0
ODD_ID = "shop/7 ‮?é#&+%2F" + "x" * 200


def conversations(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/conversations{rest}"


def one(dashboard: Dashboard, session_id: str = "visitor", rest: str = "") -> str:
    return conversations(dashboard, f"/{address_of(session_id)}{rest}")


def rows(reply: Reply) -> list[Element]:
    return [row for body in reply.page.all("tbody") for row in body.all("tr")]


def told(reply: Reply) -> list[list[str]]:
    return [[cell.text for cell in row.children] for row in rows(reply)]


def first_questions(reply: Reply) -> list[str]:
    return [row[0] for row in told(reply)]
