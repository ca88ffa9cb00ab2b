"""`bot_x/widget/look`: what the widget says and how it looks, beside a preview."""

from collections.abc import Mapping

from aiohttp import web
from chatmount.chat.v1 import visitor_pb2

from services.errors import ChatmountError
from services.web.dashboard.appearance_fields import GROUPS
from services.web.dashboard.appearances import FIELDS, appearance_form, change_in
from services.web.dashboard.forms import Form
from services.web.dashboard.meanwhile import CHANGED, NO_THEIRS, saved_meanwhile
from services.web.dashboard.pages.widget import path_of
from services.web.dashboard.parts import part
from services.web.dashboard.previews import is_hard_to_read, preview_texts
from services.web.dashboard.visit import Visit


async def show(visit: Visit, *, refused: Form | None = None, theirs: Mapping[str, str] = NO_THEIRS) -> web.Response:
    """The page. `refused`: a form; `theirs`: what others have saved meanwhile."""
    looks = await part(_present(visit))
    present = looks.value if looks else Form()
    form = refused or present
    return visit.page(
        "widget/look.html",
        status=form.status,
        looks=looks,
        present=present,
        form=form,
        theirs=theirs,
        groups=GROUPS,
        is_hard_to_read=is_hard_to_read(form.get("accent"), form.get("color_scheme")),
        texts=preview_texts(),
    )


async def save(visit: Visit) -> web.Response:
    """Changes it, unless somebody else has done so since the form was filled in."""
    form = await visit.form()
    try:
        theirs = saved_meanwhile(form, await _present(visit), FIELDS)
        if theirs:
            return await show(visit, refused=form.wrong_as_a_whole(CHANGED, 409), theirs=theirs)
        await visit.call(visit.services.appearances.UpdateAppearance, change_in(form))
    except ChatmountError as refused:
        return await show(visit, refused=form.refused(refused))
    return visit.see(f"{path_of(visit)}/look", done="saved")


async def _present(visit: Visit) -> Form:
    request = visitor_pb2.GetAppearanceRequest()
    return appearance_form((await visit.call(visit.services.appearances.GetAppearance, request)).appearance)
