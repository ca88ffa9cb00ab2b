"""`bot_x/turns/…/correct`: the right answer to a question, and whether it is given now."""

from aiohttp import web

from services.errors import ChatmountError
from services.web.dashboard.forms import Form
from services.web.dashboard.found import Found, find
from services.web.dashboard.pages.turns import traced
from services.web.dashboard.pairs import put_pair
from services.web.dashboard.parts import part
from services.web.dashboard.turns import Turn
from services.web.dashboard.views import EDITOR
from services.web.dashboard.visit import Visit


async def show(visit: Visit, form: Form | None = None) -> web.Response:
    """The turn, what is found for its question now, and the form of a pair."""
    visit.require(EDITOR)
    turn = await traced(visit, visit.request.match_info["request_id"])
    found = await part(find(visit, turn.question))
    form = form or _filled(turn, found.value if found else None)
    return visit.page("correct.html", status=form.status, form=form, turn=turn, found=found)


async def correct(visit: Visit) -> web.Response:
    """Makes a pair of it."""
    form = await visit.form()
    try:
        await put_pair(visit, form)
    except ChatmountError as refused:
        return await show(visit, form.refused(refused))
    return visit.see(visit.frame.path, done="pair-saved")


def _filled(turn: Turn, found: Found | None) -> Form:
    """With the answer of the pair that is found now; else with the one that was given."""
    if found and found.pair:
        pair = found.pair
        return Form.of(question=turn.question, answer=pair.answer, url=pair.place.href, title=pair.title)
    is_fallback = turn.reason is not None and turn.reason.is_fallback
    source = next((source for source in turn.sources if source.href), None)
    return Form.of(
        question=turn.question,
        answer="" if is_fallback else turn.answer,
        url=source.href if source else "",
        title=source.text if source and source.text != source.href else "",
    )
