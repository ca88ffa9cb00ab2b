"""`sign-in` and `sign-out`."""

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.errors import ChatmountError
from services.web.dashboard import cookies
from services.web.dashboard.entering import advice_without_cookies, enter, open_page
from services.web.dashboard.forms import Form
from services.web.dashboard.texts import SIGN_IN_PATH
from services.web.dashboard.visit import Visit
from services.web.dashboard.way_back import way_back


async def show(visit: Visit, form: Form | None = None) -> web.Response:
    """The form."""
    form = form or Form.of(next=visit.request.query.get("next", ""))
    return open_page(visit, "open/sign_in.html", form)


async def submit(visit: Visit) -> web.Response:
    """Begins a session and leads to where the person wanted to go."""
    form = await visit.form()
    if not cookies.are_kept(visit.request):
        return await show(visit, form.wrong_as_a_whole(advice_without_cookies(visit)))
    request = people_pb2.SignInRequest(email=form.get("email"), password=form.get("password"), client=visit.client)
    try:
        begun = await visit.call(visit.services.sign_in.SignIn, request)
    except ChatmountError as refused:
        return await show(visit, form.refused(refused))
    return enter(visit, begun.session, way_back(form.get("next")))


async def ask_to_leave(visit: Visit) -> web.Response:
    """A page with one button, for whoever opens the address by hand."""
    return visit.page("open/sign_out.html")


async def leave(visit: Visit) -> web.Response:
    """Ends the session."""
    await visit.call(visit.services.users.EndMySessions, people_pb2.EndMySessionsRequest(current=True))
    response = visit.see(SIGN_IN_PATH, done="signed-out")
    cookies.end_session(response)
    return response
