"""Members of an account and open invitations, as pages show them."""

from dataclasses import dataclass

from chatmount.auth.v1 import people_pb2 as pb

from services.rpc.access import MEMBER_ROLES, role_name
from services.trust.principal import MemberRole
from services.web.dashboard.views import OWNER
from services.web.dashboard.visit import PAGE_SIZE, Visit

ROLES = (("viewer", "Viewer"), ("editor", "Editor"), ("owner", "Owner"))


@dataclass(frozen=True, slots=True)
class Member:
    """A person in the account. Times are Unix seconds; `last_seen_at` 0: never."""

    id: str
    name: str
    email: str
    role: str
    last_seen_at: int
    is_enabled: bool
    is_only_owner: bool

    @classmethod
    def of(cls, member: pb.Member, owners: int = 0) -> "Member":
        """From the message. `owners`: how many of the account can sign in; 0: nobody asks."""
        user = member.user
        is_only_owner = member.role == OWNER and owners == int(user.enabled)
        return cls(
            user.id, user.name, user.email, role_name(member.role), user.last_seen_at, user.enabled, is_only_owner
        )


@dataclass(frozen=True, slots=True)
class Invitation:
    """An offer that is open. `by`: the address of the member who made it; "" for others."""

    id: str
    email: str
    role: str
    by: str
    expires_at: int

    @classmethod
    def of(cls, invitation: pb.Invitation) -> "Invitation":
        """From the message."""
        return cls(
            invitation.id,
            invitation.email,
            role_name(invitation.role),
            invitation.created_by_email,
            invitation.expires_at,
        )


@dataclass(frozen=True, slots=True)
class Members:
    """A page of the list: people, and after the last of them invitations."""

    members: list[Member]
    invitations: list[Invitation]
    next_token: str


async def members(visit: Visit) -> Members:
    """Those of the account of the visit, on the page that is asked for."""
    request = pb.ListMembersRequest(page_size=PAGE_SIZE, page_token=visit.page_token)
    listed = await visit.call(visit.services.members.ListMembers, request)
    people = [Member.of(member, listed.owners) for member in listed.members]
    return Members(people, list(map(Invitation.of, listed.invitations)), listed.next_page_token)


def role_named(name: str) -> MemberRole.ValueType:
    """The role of that name; one that Auth refuses for no such name."""
    return MEMBER_ROLES.get(f"MEMBER_ROLE_{name.upper()}", MemberRole.MEMBER_ROLE_UNSPECIFIED)
