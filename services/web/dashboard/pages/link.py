"""`link`: a new password by a link that works once, or the first person of an installation."""

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.errors import ChatmountError, Text, refusal
from services.web.dashboard import cookies
from services.web.dashboard.entering import advice_without_cookies, enter, open_page
from services.web.dashboard.forms import Form
from services.web.dashboard.texts import HOME_PATH
from services.web.dashboard.visit import Visit


async def show(visit: Visit, form: Form | None = None) -> web.Response:
    """The form. Looking at it uses nothing up: programs that preview links look too."""
    form = form or Form.of(secret=visit.request.query.get("secret", ""))
    if not form.get("secret"):
        raise refusal(Text.LINK_ENDED)
    link = await visit.call(
        visit.services.sign_in.GetSignInLink, people_pb2.GetSignInLinkRequest(secret=form.get("secret"))
    )
    return open_page(visit, "open/link.html", form, email=link.email)


async def submit(visit: Visit) -> web.Response:
    """Uses the link up and begins a session."""
    form = await visit.form()
    if not cookies.are_kept(visit.request):
        return await show(visit, form.wrong_as_a_whole(advice_without_cookies(visit)))
    request = people_pb2.UseSignInLinkRequest(
        secret=form.get("secret"),
        email=form.get("email"),
        name=form.get("name"),
        password=form.get("password"),
        client=visit.client,
    )
    try:
        begun = await visit.call(visit.services.sign_in.UseSignInLink, request)
    except ChatmountError as refused:
        return await show(visit, form.refused(refused))
    return enter(visit, begun.session, HOME_PATH)
