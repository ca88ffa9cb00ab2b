"""Records of people as messages, and roles and clients out of messages."""

from chatmount.access.v1.access_pb2 import MemberRole
from chatmount.auth.v1 import auth_pb2
from chatmount.auth.v1 import people_pb2 as pb

from services.auth.people.records import AccountRole, Invitation, Member, MyAccount, OpenInvitation, User, UserSession
from services.auth.people.user_sessions import Client, NewSession
from services.auth.servicers.messages import account_message
from services.errors import invalid
from services.rpc.messages import to_member, to_message
from services.trust.principal import current_principal

user_message = to_message(User, pb.User)
caller_message = to_message(User, auth_pb2.Caller)
session_message = to_message(
    UserSession, pb.UserSession, is_current=lambda session: session.id == current_principal().user_session_id
)
member_message = to_message(Member, pb.Member, user=lambda member: user_message(member.user))
invitation_message = to_message(Invitation, pb.Invitation, created_by_email=lambda _: None)
my_account_message = to_message(MyAccount, pb.MyAccount, account=lambda mine: account_message(mine.account))


def open_invitation_message(found: OpenInvitation) -> pb.Invitation:
    """An invitation with who made it."""
    message = invitation_message(found.invitation)
    message.created_by_email = found.by_email
    return message


def role_number(role: AccountRole) -> MemberRole.ValueType:
    """The role in messages."""
    return MemberRole.Value(f"MEMBER_ROLE_{role.name}")


def role_in(number: MemberRole.ValueType) -> AccountRole:
    """The role in a request. INVALID_FIELD when it names none."""
    role = to_member(AccountRole, MemberRole.DESCRIPTOR, number)
    if role is None:
        raise invalid(f"role must be one of {', '.join(AccountRole)}.")
    return role


def client_in(client: pb.Client) -> Client:
    """Where a request says that a session is begun from."""
    return Client(client.address, client.agent)


def new_session_message(session: NewSession) -> pb.NewSession:
    """A session with its secret, which passes through here once."""
    return pb.NewSession(secret=session.secret, expires_at=session.expires_at)
