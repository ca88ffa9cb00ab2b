"""The composition of what Auth knows of people."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing

from chatmount.auth.v1 import people_pb2_grpc

from services.auth.last_used import LastUsed
from services.auth.people.acceptance import Acceptance
from services.auth.people.invitations import Invitations
from services.auth.people.me import Me
from services.auth.people.members import Members
from services.auth.people.password_attempts import PasswordAttempts
from services.auth.people.passwords import Passwords
from services.auth.people.sign_in import SignIn
from services.auth.people.sign_in_links import SignInLinks
from services.auth.people.user_sessions import UserSessions
from services.auth.people.users import Users
from services.auth.servicers.member import MemberServicer
from services.auth.servicers.sign_in import SignInServicer
from services.auth.servicers.user import UserServicer
from services.auth.store import AuthStore, PeopleStore, Visits
from services.clock import Clock
from services.database import Database
from services.rpc.server import Registration
from services.windows.window import Windows


@asynccontextmanager
async def open_people(
    database: Database, windows: Windows, clock: Clock
) -> AsyncIterator[tuple[UserSessions, Sequence[Registration]]]:
    """Yield the sessions, for the door, and what to serve; close it all."""
    store, people = AuthStore(database), PeopleStore(database)
    seen = LastUsed(people.mark_seen, clock, "writing when people were last seen")
    with closing(Passwords()) as passwords:
        async with seen.flushing():
            sessions = UserSessions(people, seen, clock)
            check = PasswordAttempts(passwords, windows, clock)
            sign_in = SignIn(store, sessions, check)
            links = SignInLinks(store, sessions, passwords, clock)
            users = Users(store, people, clock)
            acceptance = Acceptance(store, sessions, check, passwords, clock)
            members, invitations = Members(store, people, clock), Invitations(store, people, clock)
            me = Me(store, people, Visits(database), sessions, check, passwords, clock)
            yield (
                sessions,
                (
                    (SignInServicer(sign_in, links, acceptance), people_pb2_grpc.add_SignInServiceServicer_to_server),
                    (UserServicer(me, users, links), people_pb2_grpc.add_UserServiceServicer_to_server),
                    (MemberServicer(members, invitations), people_pb2_grpc.add_MemberServiceServicer_to_server),
                ),
            )
