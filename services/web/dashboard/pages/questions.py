"""`bot_x/questions`: question-and-answer pairs; adding, changing and removing one."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import ChatmountError
from services.web.dashboard.forms import Form
from services.web.dashboard.meanwhile import CHANGED, NO_THEIRS, SEEN, saved_meanwhile
from services.web.dashboard.pairs import FIELDS, Pair, pair_form, put_pair
from services.web.dashboard.parts import part
from services.web.dashboard.views import EDITOR
from services.web.dashboard.visit import PAGE_SIZE, Visit


@dataclass(frozen=True, slots=True)
class Pairs:
    """A page of them."""

    pairs: list[Pair]
    next_token: str


async def show(visit: Visit) -> web.Response:
    """The list."""
    return visit.page("questions/list.html", pairs=await part(_pairs(visit)))


async def new(visit: Visit, form: Form | None = None) -> web.Response:
    """The form of another pair."""
    visit.require(EDITOR)
    return _form(visit, form or Form())


async def add(visit: Visit) -> web.Response:
    """Adds a pair. Of a question that is there already, the answer is replaced."""
    form = await visit.form()
    try:
        await put_pair(visit, form)
    except ChatmountError as refused:
        return await new(visit, form.refused(refused))
    return visit.see(_list_path(visit), done="pair-saved")


async def edit(visit: Visit, refused: Form | None = None, theirs: Mapping[str, str] = NO_THEIRS) -> web.Response:
    """The form of a pair that is there. `theirs`: what others have saved meanwhile."""
    visit.require(EDITOR)
    pair = await _get(visit)
    present = pair_form(pair)
    return _form(visit, refused or present, pair.id, present.get(SEEN), theirs)


async def change(visit: Visit) -> web.Response:
    """Changes a pair, unless somebody else has done so since the form was filled in.

    With another wording it is another pair, which takes its place.
    """
    form, before = await visit.form(), await _get(visit)
    theirs = saved_meanwhile(form, pair_form(before), FIELDS)
    if theirs:
        return await edit(visit, form.wrong_as_a_whole(CHANGED, 409), theirs)
    try:
        after = await put_pair(visit, form)
    except ChatmountError as refused:
        return await edit(visit, form.refused(refused))
    if after.id != before.id:
        # Last, so that what fails between leaves both.
        await _remove(visit, before.id)
    return visit.see(_list_path(visit), done="pair-saved")


async def ask_to_remove(visit: Visit) -> web.Response:
    """The question before a removal."""
    visit.require(EDITOR)
    return visit.page("questions/remove.html", pair=Pair.of(await _get(visit)))


async def remove(visit: Visit) -> web.Response:
    """Removes a pair."""
    await _remove(visit, _pair_id(visit))
    return visit.see(_list_path(visit), done="pair-removed")


async def _pairs(visit: Visit) -> Pairs:
    request = pb.ListQaPairsRequest(page_size=PAGE_SIZE, page_token=visit.page_token)
    listed = await visit.call(visit.services.pairs.ListQaPairs, request)
    return Pairs(list(map(Pair.of, listed.qa_pairs)), listed.next_page_token)


async def _get(visit: Visit) -> pb.QaPair:
    request = pb.GetQaPairRequest(qa_pair_id=_pair_id(visit))
    return (await visit.call(visit.services.pairs.GetQaPair, request)).qa_pair


async def _remove(visit: Visit, pair_id: str) -> None:
    await visit.call(visit.services.pairs.RemoveQaPair, pb.RemoveQaPairRequest(qa_pair_id=pair_id))


def _form(
    visit: Visit, form: Form, pair_id: str = "", seen: str = "", theirs: Mapping[str, str] = NO_THEIRS
) -> web.Response:
    known = {"pair_id": pair_id, "seen": seen, "theirs": theirs}
    return visit.page("questions/pair.html", status=form.status, form=form, **known)


def _pair_id(visit: Visit) -> str:
    return visit.request.match_info["pair_id"]


def _list_path(visit: Visit) -> str:
    return f"{visit.chatbot.path}questions"
