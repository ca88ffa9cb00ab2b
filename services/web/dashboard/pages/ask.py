"""POST `bot_x/ask`: a question of the playground; with a script its answer streams."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web
from chatmount.chat.v1 import chat_pb2 as pb

from services.contract import CREDITS_PER_ANSWER, MAXIMUM_MESSAGE_LENGTH, PING_SECONDS
from services.errors import ChatmountError, Reason
from services.request_id import request_id
from services.web.dashboard.event_stream import event_stream, events_of
from services.web.dashboard.forms import Form
from services.web.dashboard.pages import playground
from services.web.dashboard.pages.turns import ended
from services.web.dashboard.turns import Turn
from services.web.dashboard.visit import Visit

PATIENCE_SECONDS = PING_SECONDS + 3.0
"""Longer than the Chat service is ever silent, and shorter than a page waits for the beginning of a reply."""
IDEMPOTENCY_HEADER = "idempotency-key"

_NOT_AT_THE_FORM = frozenset({Reason.SESSION_ENDED, Reason.INVALID_TOKEN, Reason.NOT_FOUND})


@dataclass(slots=True)
class Asked:
    """A question on its way, and what has come of its answer."""

    form: Form
    turn: Turn
    said: list[str] = field(default_factory=list)
    error: str = ""

    @classmethod
    def of(cls, form: Form) -> "Asked":
        """The same form sent twice is the same request: it is answered and charged once."""
        form = replace(form, values={**form.values, "session": (playground.session_in(form),)})
        names = "\n".join(map(form.get, ("creation_id", "session", "message")))
        return cls(form, Turn(str(uuid5(NAMESPACE_URL, names)), form.get("message")))

    def hear(self, event: pb.StreamChatResponse) -> str:
        """Take in an event; the text that came with it."""
        if event.type == "token":
            self.said.append(event.content)
        elif event.type == "error":
            self.error = event.error
        return event.content

    @property
    def so_far(self) -> Turn:
        """The turn as it was heard."""
        return replace(self.turn, answer="".join(self.said), error=self.error)


async def ask(visit: Visit) -> web.StreamResponse:
    """Has the question answered. What is refused before there is any text is said at the form."""
    asked = Asked.of(await visit.form())
    # The page finds the reason of the answer by it.
    request_id.set(asked.turn.request_id)
    request = pb.StreamChatRequest(message=asked.turn.question, session_id=asked.form.get("session"))
    call = visit.services.chat.StreamChat(
        request, metadata=(*visit.metadata(), (IDEMPOTENCY_HEADER, asked.turn.request_id))
    )
    async with aclosing(events_of(visit.request, call, request, PATIENCE_SECONDS)) as events:
        try:
            asked.hear(await anext(events))
        except ChatmountError as refused:
            if refused.reason in _NOT_AT_THE_FORM:
                raise
            return await _refused(visit, asked.form, refused)
        return await (_stream if visit.is_htmx else _whole)(visit, asked, events)


async def _whole(visit: Visit, asked: Asked, events: AsyncGenerator[pb.StreamChatResponse, None]) -> web.StreamResponse:
    try:
        async for event in events:
            asked.hear(event)
    except ChatmountError as refused:
        return await _refused(visit, asked.form, refused)
    if asked.error:
        return await playground.show(visit, asked.form.wrong_as_a_whole(asked.error, 503))
    return visit.see(f"{visit.chatbot.path}?session={asked.form.get('session')}")


async def _stream(
    visit: Visit, asked: Asked, events: AsyncGenerator[pb.StreamChatResponse, None]
) -> web.StreamResponse:
    def html(template: str, **values: object) -> str:
        known = {"layout": "", "frame": visit.frame, "turn": asked.turn}
        return visit.dashboard.rendering.html(f"playground/{template}.html", {**known, **values})

    async with event_stream(visit.request) as (stream, response):
        await stream.send(html("begun", **_fields(Form.of(session=asked.form.get("session")))))
        text = "".join(asked.said)
        try:
            if text:
                await stream.send(html("token", text=text))
            async for event in events:
                if text := asked.hear(event):
                    await stream.send(html("token", text=text))
                elif event.type == "ping":
                    await stream.ping()
        except ChatmountError as refused:
            asked.error = refused.text
        await stream.send(html("ended", turn=await ended(visit, asked.so_far)))
    return response


async def _refused(visit: Visit, form: Form, refused: ChatmountError) -> web.StreamResponse:
    status = 422 if refused.reason == Reason.MESSAGE_LENGTH else refused.reason.http_status
    at_field = refused.reason in {Reason.MESSAGE_LENGTH, Reason.INVALID_FIELD}
    form = form.wrong("message", refused.text, status) if at_field else form.wrong_as_a_whole(refused.text, status)
    if visit.is_htmx:
        return visit.page("playground/fields.html", status=status, **_fields(form))
    return await playground.show(visit, form)


def _fields(form: Form) -> dict[str, object]:
    return {"form": form, "credits": CREDITS_PER_ANSWER, "maximum_length": MAXIMUM_MESSAGE_LENGTH}
