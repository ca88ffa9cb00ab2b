"""`installation/people`: who can sign in; `installation/people/…`: another one, links."""

from dataclasses import dataclass

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.errors import ChatmountError
from services.web.dashboard.forms import Form
from services.web.dashboard.visit import PAGE_SIZE, Visit

PATH = "/dashboard/installation/people"
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class User:
    """A person. Times are Unix seconds; `last_seen_at` 0: never."""

    id: str
    name: str
    email: str
    is_operator: bool
    is_enabled: bool
    created_at: int
    last_seen_at: int

    @classmethod
    def of(cls, user: people_pb2.User) -> "User":
        """From the message."""
        return cls(user.id, user.name, user.email, user.is_operator, user.enabled, user.created_at, user.last_seen_at)


async def show(visit: Visit) -> web.Response:
    """The list, oldest first."""
    request = people_pb2.ListUsersRequest(page_size=PAGE_SIZE, page_token=visit.page_token)
    listed = await visit.call(visit.services.users.ListUsers, request)
    people = list(map(User.of, listed.users))
    return visit.page("installation/people.html", people=people, next_token=listed.next_page_token)


async def new(visit: Visit, form: Form | None = None) -> web.Response:
    """The form of another one."""
    form = form or Form()
    return visit.page("installation/new_person.html", status=form.status, form=form)


async def create(visit: Visit) -> web.Response:
    """Makes a user and shows the link by which they sign in first."""
    form = await visit.form()
    request = people_pb2.CreateUserRequest(
        email=form.get("email"), name=form.get("name"), is_operator=bool(form.get("is_operator"))
    )
    try:
        created = await visit.call(visit.services.users.CreateUser, request)
    except ChatmountError as refused:
        return await new(visit, form.refused(refused))
    return await _show_link(visit, User.of(created.user))


async def ask_link(visit: Visit, form: Form | None = None) -> web.Response:
    """`…/link`: whether to make another one."""
    form = form or Form()
    return visit.page("installation/ask_link.html", status=form.status, form=form, user=await _user(visit))


async def make_link(visit: Visit) -> web.Response:
    """Makes a sign-in link and shows it, this once."""
    form, user = await visit.form(), await _user(visit)
    try:
        return await _show_link(visit, user)
    except ChatmountError as refused:
        return await ask_link(visit, form.refused(refused))


async def ask_enabled(visit: Visit, form: Form | None = None) -> web.Response:
    """`…/enabled`: whether they shall sign in no more, or again."""
    form = form or Form()
    return visit.page("installation/enabled.html", status=form.status, form=form, user=await _user(visit))


async def set_enabled(visit: Visit) -> web.Response:
    """Lets a user sign in, or no more."""
    form = await visit.form()
    enabled = bool(form.get("enabled"))
    request = people_pb2.SetUserEnabledRequest(user_id=visit.request.match_info["user_id"], enabled=enabled)
    try:
        await visit.call(visit.services.users.SetUserEnabled, request)
    except ChatmountError as refused:
        return await ask_enabled(visit, form.refused(refused))
    return visit.see(PATH, done="user-enabled" if enabled else "user-disabled")


async def _show_link(visit: Visit, user: User) -> web.Response:
    request = people_pb2.CreateSignInLinkRequest(user_id=user.id)
    made = await visit.call(visit.services.users.CreateSignInLink, request)
    link = visit.link(f"/dashboard/link?secret={made.secret}")
    return visit.page("installation/link.html", user=user, link=link, expires_at=made.expires_at)


async def _user(visit: Visit) -> User:
    user_id, page_token = visit.request.match_info["user_id"], ""
    while True:
        request = people_pb2.ListUsersRequest(page_size=AT_ONCE, page_token=page_token)
        listed = await visit.call(visit.services.users.ListUsers, request)
        found = next((user for user in listed.users if user.id == user_id), None)
        if found is not None:
            return User.of(found)
        page_token = listed.next_page_token
        if not page_token:
            raise web.HTTPNotFound
