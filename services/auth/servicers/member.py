"""MemberService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import people_pb2 as pb
from chatmount.auth.v1 import people_pb2_grpc

from services.auth.people.invitations import Invitations
from services.auth.people.members import Members
from services.auth.people.records import Member, OpenInvitation
from services.auth.scope import current_scope
from services.auth.servicers.messages import id_in
from services.auth.servicers.people_messages import invitation_message, member_message, open_invitation_message, role_in
from services.rpc.pages import cut_page, from_digits, in_digits, page_position, page_size


class MemberServicer(people_pb2_grpc.MemberServiceServicer):
    """See people.proto."""

    def __init__(self, members: Members, invitations: Invitations) -> None:
        self._members = members
        self._invitations = invitations

    async def ListMembers(self, request: pb.ListMembersRequest, context: Any) -> pb.ListMembersResponse:
        size = page_size(request.page_size)
        found = await self._members.list(current_scope(), _after(request.page_token), size)
        listed: list[Member | OpenInvitation] = [*found.members, *found.invitations]
        rows, token = cut_page(listed, size, _place)
        return pb.ListMembersResponse(
            members=[member_message(row) for row in rows if isinstance(row, Member)],
            invitations=[open_invitation_message(row) for row in rows if isinstance(row, OpenInvitation)],
            next_page_token=token,
            owners=found.owners,
        )

    async def GetMember(self, request: pb.GetMemberRequest, context: Any) -> pb.GetMemberResponse:
        member = await self._members.get(current_scope(), id_in(request, "user_id"))
        return pb.GetMemberResponse(member=member_message(member))

    async def AddMember(self, request: pb.AddMemberRequest, context: Any) -> pb.AddMemberResponse:
        member = await self._members.add(current_scope(), request.email, role_in(request.role))
        return pb.AddMemberResponse(member=member_message(member))

    async def SetMemberRole(self, request: pb.SetMemberRoleRequest, context: Any) -> pb.SetMemberRoleResponse:
        user_id = id_in(request, "user_id")
        member = await self._members.set_role(current_scope(), user_id, role_in(request.role))
        return pb.SetMemberRoleResponse(member=member_message(member))

    async def RemoveMember(self, request: pb.RemoveMemberRequest, context: Any) -> pb.RemoveMemberResponse:
        await self._members.remove(current_scope(), id_in(request, "user_id"))
        return pb.RemoveMemberResponse()

    async def CreateInvitation(self, request: pb.CreateInvitationRequest, context: Any) -> pb.CreateInvitationResponse:
        role = role_in(request.role)
        invitation, secret = await self._invitations.create(current_scope(), request.email, role, request.creation_id)
        return pb.CreateInvitationResponse(invitation=invitation_message(invitation), secret=secret)

    async def GetOpenInvitation(
        self, request: pb.GetOpenInvitationRequest, context: Any
    ) -> pb.GetOpenInvitationResponse:
        invitation = await self._invitations.get(current_scope(), id_in(request, "invitation_id"))
        return pb.GetOpenInvitationResponse(invitation=open_invitation_message(invitation))

    async def WithdrawInvitation(
        self, request: pb.WithdrawInvitationRequest, context: Any
    ) -> pb.WithdrawInvitationResponse:
        await self._invitations.withdraw(current_scope(), id_in(request, "invitation_id"))
        return pb.WithdrawInvitationResponse()


def _place(row: Member | OpenInvitation) -> tuple[int, str]:
    # An address in digits: tokens are plain ASCII. It is never empty.
    return (0, in_digits(row.user.email_key)) if isinstance(row, Member) else (row.invitation.position or 0, "")


def _after(token: str) -> tuple[str | None, int]:
    position, digits = page_position(token, int, str) or (0, "")
    return from_digits(digits) if digits or not token else None, position
