"""Members of an account and open invitations, as pages show them."""

from dataclasses import dataclass

from chatmount.auth.v1 import people_pb2 as pb

from services.rpc.access import MEMBER_ROLES, role_name
from services.trust.principal import MemberRole
from services.web.dashboard.visit import Visit

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


@dataclass(frozen=True, slots=True)
class Invitation:
    """An offer that is open. `by`: the address of the member who made it; "" for others."""

    id: str
    email: str
    role: str
    by: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Members:
    """All of them."""

    members: list[Member]
    invitations: list[Invitation]

    @classmethod
    def of(cls, listed: pb.ListMembersResponse) -> "Members":
        """From the message."""
        emails = {member.user.id: member.user.email for member in listed.members}
        owners = [member.user.id for member in listed.members if role_name(member.role) == "owner"]
        return cls(
            [
                Member(
                    member.user.id,
                    member.user.name,
                    member.user.email,
                    role_name(member.role),
                    member.user.last_seen_at,
                    member.user.enabled,
                    owners == [member.user.id],
                )
                for member in listed.members
            ],
            [
                Invitation(each.id, each.email, role_name(each.role), emails.get(each.created_by, ""), each.expires_at)
                for each in listed.invitations
            ],
        )


async def members(visit: Visit) -> Members:
    """Those of the account of the visit."""
    return Members.of(await visit.call(visit.services.members.ListMembers, pb.ListMembersRequest()))


def role_named(name: str) -> MemberRole.ValueType:
    """The role of that name; one that Auth refuses for no such name."""
    return MEMBER_ROLES.get(f"MEMBER_ROLE_{name.upper()}", MemberRole.MEMBER_ROLE_UNSPECIFIED)
