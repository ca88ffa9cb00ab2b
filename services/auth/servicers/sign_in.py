"""SignInService: messages to rules and back. Passwords pass through and are kept nowhere."""

from typing import Any

from chatmount.auth.v1 import people_pb2 as pb
from chatmount.auth.v1 import people_pb2_grpc

from services.auth.people.acceptance import Acceptance
from services.auth.people.sign_in import SignIn
from services.auth.people.sign_in_links import SignInLinks
from services.auth.servicers.people_messages import client_in, new_session_message, role_number


class SignInServicer(people_pb2_grpc.SignInServiceServicer):
    """See people.proto."""

    def __init__(self, sign_in: SignIn, links: SignInLinks, acceptance: Acceptance) -> None:
        self._sign_in = sign_in
        self._links = links
        self._acceptance = acceptance

    async def SignIn(self, request: pb.SignInRequest, context: Any) -> pb.SignInResponse:
        session = await self._sign_in.sign_in(request.email, request.password, client_in(request.client))
        return pb.SignInResponse(session=new_session_message(session))

    async def GetSignInLink(self, request: pb.GetSignInLinkRequest, context: Any) -> pb.GetSignInLinkResponse:
        return pb.GetSignInLinkResponse(email=await self._links.find(request.secret))

    async def UseSignInLink(self, request: pb.UseSignInLinkRequest, context: Any) -> pb.UseSignInLinkResponse:
        client = client_in(request.client)
        session = await self._links.use(request.secret, request.email, request.name, request.password, client)
        return pb.UseSignInLinkResponse(session=new_session_message(session))

    async def GetInvitation(self, request: pb.GetInvitationRequest, context: Any) -> pb.GetInvitationResponse:
        offer = await self._acceptance.find(request.secret)
        return pb.GetInvitationResponse(
            email=offer.invitation.email,
            account_name=offer.account.name,
            role=role_number(offer.invitation.role),
            has_user=offer.user is not None,
        )

    async def AcceptInvitation(self, request: pb.AcceptInvitationRequest, context: Any) -> pb.AcceptInvitationResponse:
        client = client_in(request.client)
        session, invitation = await self._acceptance.accept(request.secret, request.name, request.password, client)
        return pb.AcceptInvitationResponse(session=new_session_message(session), account_id=invitation.account_id)
