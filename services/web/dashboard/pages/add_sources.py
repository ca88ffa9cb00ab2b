"""POST `bot_x/sources`: files, or a text that was typed at `bot_x/sources/text`."""

import re
from collections.abc import AsyncIterator
from dataclasses import asdict

from aiohttp import BodyPartReader, web
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import ChatmountError
from services.web.dashboard.forms import Form
from services.web.dashboard.multipart import CHUNK_BYTES, CutOff, chunks_of, parts_of, text_of
from services.web.dashboard.pages import sources
from services.web.dashboard.sources import Chosen
from services.web.dashboard.uploads import MAXIMUM_FILES, Outcome, Uploads
from services.web.dashboard.views import EDITOR
from services.web.dashboard.visit import Visit

MAXIMUM_TEXT_LENGTH = 250_000
"""Characters, of which none has more than four bytes."""
MAXIMUM_FIELDS = 10

_NO_FILE = "Choose at least one file."
_CUT_OFF = "It was cut off on its way. Send it again."
_TOO_MANY = f"At most {MAXIMUM_FILES} files can be sent at a time. Send this one again."
# What names folders, drives and parts of URLs.
_NOT_IN_NAMES = re.compile(r"[\\/:?#~]+")


async def new_text(visit: Visit, form: Form | None = None) -> web.Response:
    """The form of a text."""
    visit.require(EDITOR)
    form = form or Form()
    return visit.page(
        "sources/text.html",
        status=form.status,
        form=form,
        maximum_length=MAXIMUM_TEXT_LENGTH,
    )


async def add(visit: Visit) -> web.Response:
    """Makes sources of what was sent. One that is refused stops no other."""
    visit.require(EDITOR)
    uploads, outcomes, fields = Uploads(visit), list[Outcome](), dict[str, tuple[str, ...]]()
    refused: ChatmountError | None = None
    name = ""
    try:
        async for part in parts_of(visit.request):
            name = _base_name(part)
            if part.name == "file":
                # A field in which no file was chosen comes as one without a name.
                outcomes += [await _outcome(uploads, name, part, len(outcomes))] if name else []
            elif len(fields) < MAXIMUM_FIELDS:
                fields[part.name or ""] = ("",)
                try:
                    fields[part.name or ""] = (await text_of(part, 4 * MAXIMUM_TEXT_LENGTH),)
                except ChatmountError as error:
                    refused = error
    except CutOff:
        if not name:
            raise web.HTTPBadRequest(text="The form was cut off on its way. Send it again.") from None
        outcomes.append(Outcome(name, error=_CUT_OFF))
    if fields:
        form = Form(fields)
        return await new_text(visit, form.refused(refused)) if refused else await _add_text(visit, form, uploads)
    return await _told(visit, outcomes)


async def _outcome(uploads: Uploads, name: str, part: BodyPartReader, before: int) -> Outcome:
    if before >= MAXIMUM_FILES:
        return Outcome(name, error=_TOO_MANY)
    return await uploads.file(name, chunks_of(part))


async def _told(visit: Visit, outcomes: list[Outcome]) -> web.Response:
    if visit.is_htmx:
        return web.json_response([asdict(outcome) for outcome in outcomes])
    if not outcomes:
        return await sources.show(visit, _NO_FILE)
    added = tuple(outcome.source_id for outcome in outcomes if outcome.source_id)
    path = f"{visit.chatbot.path}sources?{Chosen(added=added).query}"
    if len(added) == len(outcomes):
        return visit.see(path, done="files-added")
    return visit.page("sources/sent.html", status=422, outcomes=outcomes, added=len(added), path_of_added=path)


async def _add_text(visit: Visit, form: Form, uploads: Uploads) -> web.Response:
    title, text = form.get("title").strip(), form.get("text")
    for field, value in (("title", title), ("text", text.strip())):
        if not value:
            form = form.wrong(field, f"{field} must not be empty.")
    if form.errors:
        return await new_text(visit, form)
    # In a folder of its own, so that no text takes the place of a file.
    name = f"texts/{_NOT_IN_NAMES.sub('-', title)[:200]}.md"
    header = pb.AddSourceHeader(name=name, url=form.get("url"), title=title)
    try:
        added = await uploads.add(header, _pieces(text.encode()))
    except ChatmountError as refused:
        return await new_text(visit, form.refused(refused))
    return visit.see(f"{visit.chatbot.path}sources?added={added.source.id}", done="text-added")


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]


def _base_name(part: BodyPartReader) -> str:
    return re.split(r"[\\/]", part.filename or "")[-1]
