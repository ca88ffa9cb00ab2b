"""`invitation`: becoming a member of an account by a link."""

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.errors import ChatmountError, Text, refusal
from services.rpc.access import role_name
from services.web.dashboard import cookies
from services.web.dashboard.entering import advice_without_cookies, enter, open_page
from services.web.dashboard.forms import Form
from services.web.dashboard.visit import Visit


async def show(visit: Visit, form: Form | None = None) -> web.Response:
    """What the invitation is to, and the form. Looking at it uses nothing up."""
    form = form or Form.of(secret=visit.request.query.get("secret", ""))
    if not form.get("secret"):
        raise refusal(Text.LINK_ENDED)
    found = await visit.call(
        visit.services.sign_in.GetInvitation, people_pb2.GetInvitationRequest(secret=form.get("secret"))
    )
    return open_page(
        visit,
        "open/invitation.html",
        form,
        email=found.email,
        account_name=found.account_name,
        role=role_name(found.role),
        has_user=found.has_user,
    )


async def submit(visit: Visit) -> web.Response:
    """Accepts the invitation, begins a session and leads to the account."""
    form = await visit.form()
    if not cookies.are_kept(visit.request):
        return await show(visit, form.wrong_as_a_whole(advice_without_cookies(visit)))
    request = people_pb2.AcceptInvitationRequest(
        secret=form.get("secret"), name=form.get("name"), password=form.get("password"), client=visit.client
    )
    try:
        accepted = await visit.call(visit.services.sign_in.AcceptInvitation, request)
    except ChatmountError as refused:
        return await show(visit, form.refused(refused))
    return enter(visit, accepted.session, f"/dashboard/{accepted.account_id}/")
