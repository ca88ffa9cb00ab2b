"""`acct_x/members/invite`, `…/invitations/inv_x/withdraw`: offers of membership."""

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.errors import ChatmountError
from services.web.dashboard.forms import Form
from services.web.dashboard.members import ROLES, Invitation, role_named
from services.web.dashboard.views import OWNER
from services.web.dashboard.visit import Visit


async def ask(visit: Visit, form: Form | None = None) -> web.Response:
    """The form of another one."""
    visit.require(OWNER)
    form = form or Form.of(role="viewer")
    return visit.page("members/invite.html", status=form.status, form=form, roles=ROLES)


async def invite(visit: Visit) -> web.Response:
    """Makes an invitation and shows its link, this once."""
    form = await visit.form()
    request = people_pb2.CreateInvitationRequest(
        email=form.get("email"), role=role_named(form.get("role")), creation_id=form.creation_id
    )
    try:
        made = await visit.call(visit.services.members.CreateInvitation, request)
    except ChatmountError as refused:
        return await ask(visit, form.refused(refused))
    return visit.page(
        "members/invited.html",
        email=made.invitation.email,
        expires_at=made.invitation.expires_at,
        link=visit.link(f"/dashboard/invitation?secret={made.secret}") if made.secret else "",
    )


async def ask_to_withdraw(visit: Visit) -> web.Response:
    """The question before it."""
    request = people_pb2.GetOpenInvitationRequest(invitation_id=visit.request.match_info["invitation_id"])
    found = (await visit.call(visit.services.members.GetOpenInvitation, request)).invitation
    return visit.page("members/withdraw.html", invitation=Invitation.of(found))


async def withdraw(visit: Visit) -> web.Response:
    """Ends an invitation."""
    request = people_pb2.WithdrawInvitationRequest(invitation_id=visit.request.match_info["invitation_id"])
    await visit.call(visit.services.members.WithdrawInvitation, request)
    return visit.see(f"{visit.account.path}members", done="invitation-withdrawn")
