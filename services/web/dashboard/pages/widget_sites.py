"""`bot_x/widget/sites`: listing a site on which the widget answers, and taking one off."""

from aiohttp import web
from chatmount.auth.v1 import widget_pb2

from services.errors import ChatmountError, Reason
from services.web.dashboard.pages import widget
from services.web.dashboard.views import EDITOR
from services.web.dashboard.visit import Visit

_OF_FIELD = "add_origins: "


async def add(visit: Visit) -> web.Response:
    """Lists one."""
    form = await visit.form()
    request = widget_pb2.UpdateWidgetRequest(add_origins=[form.get("site")])
    try:
        await visit.call(visit.services.widgets.UpdateWidget, request)
    except ChatmountError as refused:
        if refused.reason != Reason.INVALID_FIELD:
            raise
        return await widget.show(visit, site=form.wrong("site", refused.text.removeprefix(_OF_FIELD)))
    return visit.see(widget.path_of(visit), done="site-added")


async def ask_to_remove(visit: Visit) -> web.Response:
    """`widget/sites/remove?site=…`: the question before."""
    visit.require(EDITOR)
    site = visit.request.query.get("site", "")
    if site not in {each.origin for each in (await widget.widget_of(visit)).sites}:
        return visit.see(widget.path_of(visit))
    return visit.page("widget/remove.html", site=site)


async def remove(visit: Visit) -> web.Response:
    """Takes one off, if it is not off already."""
    request = widget_pb2.UpdateWidgetRequest(remove_origins=[(await visit.form()).get("site")])
    try:
        await visit.call(visit.services.widgets.UpdateWidget, request)
    except ChatmountError as refused:
        if refused.reason != Reason.NOT_FOUND:
            raise
    return visit.see(widget.path_of(visit), done="site-removed")
