"""`me`: the person's name, password and open sessions."""

from dataclasses import dataclass

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.errors import ChatmountError, Reason
from services.web.dashboard.agents import spoken_agent
from services.web.dashboard.forms import Form
from services.web.dashboard.parts import part
from services.web.dashboard.visit import Visit

PATH = "/dashboard/me"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which the person has signed in. Times in Unix seconds."""

    id: str
    browser: str
    address: str
    created_at: int
    last_seen_at: int
    is_current: bool


async def show(visit: Visit, form: Form | None = None) -> web.Response:
    """All of it."""
    sessions = await part(_sessions(visit))
    person = visit.person
    form = form or Form.of(name=person.name)
    return visit.page("me/me.html", status=form.status, form=form, sessions=sessions)


async def rename(visit: Visit) -> web.Response:
    """Changes the name."""
    form = await visit.form()
    try:
        await visit.call(visit.services.users.UpdateMe, people_pb2.UpdateMeRequest(name=form.get("name")))
    except ChatmountError as refused:
        return await show(visit, form.refused(refused))
    return visit.see(PATH, done="saved")


async def ask_password(visit: Visit, form: Form | None = None) -> web.Response:
    """`me/password`: the form of a new one."""
    form = form or Form()
    return visit.page("me/password.html", status=form.status, form=form)


async def change_password(visit: Visit) -> web.Response:
    """Replaces the password, which ends all other sessions."""
    form = await visit.form()
    request = people_pb2.ChangePasswordRequest(password=form.get("password"), new_password=form.get("new_password"))
    try:
        await visit.call(visit.services.users.ChangePassword, request)
    except ChatmountError as refused:
        at_field = refused.reason == Reason.SIGN_IN_FAILED
        return await ask_password(visit, form.wrong("password", refused.text) if at_field else form.refused(refused))
    return visit.see(PATH, done="password-changed")


async def ask_to_end(visit: Visit) -> web.Response:
    """`me/sessions/…`: whether to end a session, or all but this one."""
    session_id = visit.request.match_info.get("session_id", "")
    sessions = [session for session in await _sessions(visit) if session_id in ("", session.id)]
    if not sessions:
        raise web.HTTPNotFound
    return visit.page("me/end_sessions.html", session=sessions[0] if session_id else None)


async def end(visit: Visit) -> web.Response:
    """Ends it, or them."""
    session_id = visit.request.match_info.get("session_id", "")
    which = people_pb2.EndMySessionsRequest(session_id=session_id)
    if not session_id:
        which = people_pb2.EndMySessionsRequest(others=True)
    await visit.call(visit.services.users.EndMySessions, which)
    return visit.see(PATH, done="session-ended" if session_id else "sessions-ended")


async def _sessions(visit: Visit) -> list[Session]:
    listed = await visit.call(visit.services.users.ListMySessions, people_pb2.ListMySessionsRequest())
    return [
        Session(
            session.id,
            spoken_agent(session.agent),
            session.address,
            session.created_at,
            session.last_seen_at,
            session.is_current,
        )
        for session in listed.sessions
    ]
