"""The steps from an empty account to its first answer, shown until there is one."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatmount.auth.v1 import auth_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.web.callers import call
from services.web.dashboard.views import Chatbot
from services.web.dashboard.visit import Visit


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do, and where."""

    label: str
    path: str
    is_done: bool


async def checklist(visit: Visit, chatbots: Sequence[Chatbot]) -> list[Step]:
    """The steps, for an account in which nothing was asked lately, and its first chatbot."""
    if not chatbots:
        return _steps(f"{visit.account.path}new", "", has_chatbot=False, has_content=False)
    chatbot = chatbots[0]
    return _steps(chatbot.path, chatbot.path, has_chatbot=True, has_content=await _has_content(visit, chatbot))


def _steps(first: str, chatbot: str, *, has_chatbot: bool, has_content: bool) -> list[Step]:
    return [
        Step("Create a chatbot", first, has_chatbot),
        Step(
            "Give it sources: files, texts, or questions with their answers",
            chatbot and f"{chatbot}sources",
            has_content,
        ),
        Step("Ask it something", chatbot, False),
    ]


async def _has_content(visit: Visit, chatbot: Chatbot) -> bool:
    issue = auth_pb2.IssueMemberTokenRequest(chatbot_id=chatbot.id)
    issued = await call(visit.services.tokens.IssueMemberToken, issue, visit.user_token)
    request = retrieval_pb2.GetSourceCountsRequest()
    counts = await call(visit.services.sources.GetSourceCounts, request, issued.token)
    return bool(counts.passages or counts.qa_pairs)
