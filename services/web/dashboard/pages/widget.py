"""`bot_x/widget`: the snippet, on or off, the budget of a day, apps, a new id."""

import asyncio

from aiohttp import web
from chatmount.auth.v1 import widget_pb2
from chatmount.quota.v1 import quota_pb2

from services.errors import ChatmountError
from services.web.dashboard.budgets import CHANNEL, Budget
from services.web.dashboard.forms import Form
from services.web.dashboard.parts import part
from services.web.dashboard.typed_numbers import whole_number
from services.web.dashboard.views import EDITOR
from services.web.dashboard.visit import Visit
from services.web.dashboard.widgets import Widget
from services.widget_snippet import snippet

_RENEWED = "The id was renewed meanwhile. The snippet has the new one."


async def show(visit: Visit, *, site: Form | None = None, budget: Form | None = None) -> web.Response:
    """The page. `site`, `budget`: forms that were refused."""
    widget, spent = await asyncio.gather(widget_of(visit), part(_budget(visit)))
    url = visit.link(widget.path)
    typed = "" if not spent or spent.value.is_default else str(spent.value.per_day)
    return visit.page(
        "widget/widget.html",
        status=max(form.status for form in (site, budget, Form()) if form),
        widget=widget,
        snippet=snippet(url),
        url=url,
        site=site or Form(),
        spent=spent,
        budget=budget or Form.of(per_day=typed),
    )


async def back(visit: Visit) -> web.Response:
    """For whoever comes back to the path of a form that has no page of its own."""
    return visit.see(path_of(visit))


async def switch(visit: Visit) -> web.Response:
    """Switches the widget on or off."""
    enabled = bool((await visit.form()).get("enabled"))
    request = widget_pb2.UpdateWidgetRequest(enabled=enabled)
    await visit.call(visit.services.widgets.UpdateWidget, request)
    return visit.see(path_of(visit), done="widget-on" if enabled else "widget-off")


async def set_budget(visit: Visit) -> web.Response:
    """Changes what it may spend in a day; an empty field brings the default back."""
    form = await visit.form()
    request = quota_pb2.SetChannelBudgetRequest(channel=CHANNEL)
    try:
        if form.get("per_day").strip():
            request.per_day = whole_number("per_day", form.get("per_day"), "0 to 1000000")
        await visit.call(visit.services.quota.SetChannelBudget, request)
    except ChatmountError as refused:
        return await show(visit, budget=form.refused(refused))
    return visit.see(path_of(visit), done="saved")


async def ask_about_apps(visit: Visit) -> web.Response:
    """`widget/apps`: what it means that apps may embed it."""
    visit.require(EDITOR)
    return visit.page("widget/apps.html", widget=await widget_of(visit))


async def set_apps(visit: Visit) -> web.Response:
    """Lets apps embed it, or sites alone."""
    allow_apps = bool((await visit.form()).get("allow_apps"))
    request = widget_pb2.UpdateWidgetRequest(allow_apps=allow_apps)
    await visit.call(visit.services.widgets.UpdateWidget, request)
    return visit.see(path_of(visit), done="apps-on" if allow_apps else "apps-off")


async def ask_to_renew(visit: Visit, form: Form | None = None) -> web.Response:
    """`widget/id`: what a new id does to the old one."""
    visit.require(EDITOR)
    form = form or Form()
    return visit.page("widget/renew.html", status=form.status, form=form, widget=await widget_of(visit))


async def renew(visit: Visit) -> web.Response:
    """Gives it a new id, unless somebody else has done so meanwhile."""
    form = await visit.form()
    if form.get("id") != (await widget_of(visit)).id:
        return await ask_to_renew(visit, form.wrong_as_a_whole(_RENEWED, 409))
    await visit.call(visit.services.widgets.RenewWidgetId, widget_pb2.RenewWidgetIdRequest())
    return visit.see(path_of(visit), done="widget-renewed")


async def widget_of(visit: Visit) -> Widget:
    """The widget of the visit's chatbot."""
    return Widget.of(await visit.call(visit.services.widgets.GetWidget, widget_pb2.GetWidgetRequest()))


def path_of(visit: Visit) -> str:
    """Where the page is."""
    return f"{visit.chatbot.path}widget"


async def _budget(visit: Visit) -> Budget:
    request = quota_pb2.GetChannelBudgetRequest(channel=CHANNEL)
    return Budget.of(await visit.call(visit.services.quota.GetChannelBudget, request))
