"""MemberService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import people_pb2 as pb
from chatmount.auth.v1 import people_pb2_grpc

from services.auth.people.invitations import Invitations
from services.auth.people.members import Members
from services.auth.scope import current_scope
from services.auth.servicers.messages import id_in
from services.auth.servicers.people_messages import invitation_message, member_message, role_in


class MemberServicer(people_pb2_grpc.MemberServiceServicer):
    """See people.proto."""

    def __init__(self, members: Members, invitations: Invitations) -> None:
        self._members = members
        self._invitations = invitations

    async def ListMembers(self, request: pb.ListMembersRequest, context: Any) -> pb.ListMembersResponse:
        members, invitations = await self._members.list(current_scope())
        return pb.ListMembersResponse(
            members=map(member_message, members), invitations=map(invitation_message, invitations)
        )

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

    async def WithdrawInvitation(
        self, request: pb.WithdrawInvitationRequest, context: Any
    ) -> pb.WithdrawInvitationResponse:
        await self._invitations.withdraw(current_scope(), id_in(request, "invitation_id"))
        return pb.WithdrawInvitationResponse()
