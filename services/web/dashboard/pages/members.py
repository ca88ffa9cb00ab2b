"""`acct_x/members`: who may do what in an account; `acct_x/members/usr_x/…`: changing it."""

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.errors import ChatmountError
from services.web.dashboard.forms import Form
from services.web.dashboard.members import ROLES, Member, members, role_named
from services.web.dashboard.texts import HOME_PATH
from services.web.dashboard.visit import Visit


async def show(visit: Visit) -> web.Response:
    """The people, and after them the invitations that are open."""
    found = await members(visit)
    return visit.page(
        "members/list.html", members=found.members, invitations=found.invitations, next_token=found.next_token
    )


async def ask_role(visit: Visit, form: Form | None = None) -> web.Response:
    """`…/role`: the form of another one."""
    member = await _member(visit)
    form = form or Form.of(role=member.role)
    return visit.page("members/role.html", status=form.status, form=form, member=member, roles=ROLES)


async def give_role(visit: Visit) -> web.Response:
    """Gives a member another role."""
    form = await visit.form()
    request = people_pb2.SetMemberRoleRequest(user_id=_user_id(visit), role=role_named(form.get("role")))
    try:
        await visit.call(visit.services.members.SetMemberRole, request)
    except ChatmountError as refused:
        return await ask_role(visit, form.refused(refused))
    is_owner = form.get("role") == "owner" or visit.person.is_operator
    return _back(visit, "saved", visit.account.path if _is_own(visit) and not is_owner else "")


async def ask_to_remove(visit: Visit, form: Form | None = None) -> web.Response:
    """`…/remove`: the question before it."""
    form = form or Form()
    return visit.page("members/remove.html", status=form.status, form=form, member=await _member(visit))


async def remove(visit: Visit) -> web.Response:
    """Ends a membership."""
    form = await visit.form()
    try:
        request = people_pb2.RemoveMemberRequest(user_id=_user_id(visit))
        await visit.call(visit.services.members.RemoveMember, request)
    except ChatmountError as refused:
        return await ask_to_remove(visit, form.refused(refused))
    return _back(visit, "member-removed", HOME_PATH if _is_own(visit) and not visit.person.is_operator else "")


async def _member(visit: Visit) -> Member:
    request = people_pb2.GetMemberRequest(user_id=_user_id(visit))
    return Member.of((await visit.call(visit.services.members.GetMember, request)).member)


def _user_id(visit: Visit) -> str:
    return visit.request.match_info["user_id"]


def _is_own(visit: Visit) -> bool:
    return _user_id(visit) == visit.person.id


def _back(visit: Visit, done: str, elsewhere: str) -> web.Response:
    """To the list; `elsewhere`: for people who may not see it any more."""
    return visit.see(elsewhere or f"{visit.account.path}members", done=done)
