"""UserService: messages to rules and back."""

from typing import Any

from chatmount.auth.v1 import people_pb2 as pb
from chatmount.auth.v1 import people_pb2_grpc

from services.auth.people.me import Me
from services.auth.people.records import MyAccount
from services.auth.people.sign_in_links import SignInLinks
from services.auth.people.users import Users
from services.auth.scope import current_scope
from services.auth.servicers.messages import id_in, position_of
from services.auth.servicers.people_messages import my_account_message, session_message, user_message
from services.errors import invalid
from services.rpc.pages import cut_page, from_digits, in_digits, page_position, page_size
from services.trust.principal import current_principal


class UserServicer(people_pb2_grpc.UserServiceServicer):
    """See people.proto."""

    def __init__(self, me: Me, users: Users, links: SignInLinks) -> None:
        self._me = me
        self._users = users
        self._links = links

    async def GetMe(self, request: pb.GetMeRequest, context: Any) -> pb.GetMeResponse:
        return pb.GetMeResponse(user=user_message(await self._me.get()))

    async def UpdateMe(self, request: pb.UpdateMeRequest, context: Any) -> pb.UpdateMeResponse:
        user = await (self._me.rename(request.name) if request.HasField("name") else self._me.get())
        return pb.UpdateMeResponse(user=user_message(user))

    async def ChangePassword(self, request: pb.ChangePasswordRequest, context: Any) -> pb.ChangePasswordResponse:
        await self._me.change_password(request.password, request.new_password)
        return pb.ChangePasswordResponse()

    async def ListMyAccounts(self, request: pb.ListMyAccountsRequest, context: Any) -> pb.ListMyAccountsResponse:
        size = page_size(request.page_size)
        found = await self._me.accounts(_name_and_id(request.page_token), size)
        accounts, token = cut_page(found, size, _place)
        return pb.ListMyAccountsResponse(accounts=map(my_account_message, accounts), next_page_token=token)

    async def ListMySessions(self, request: pb.ListMySessionsRequest, context: Any) -> pb.ListMySessionsResponse:
        return pb.ListMySessionsResponse(sessions=map(session_message, await self._me.sessions()))

    async def EndMySessions(self, request: pb.EndMySessionsRequest, context: Any) -> pb.EndMySessionsResponse:
        match request.WhichOneof("which"):
            case "session_id":
                ended = await self._me.end_session(id_in(request, "session_id"))
            case "current" if request.current:
                ended = await self._me.end_session(current_principal().user_session_id)
            case "others" if request.others:
                ended = await self._me.end_other_sessions()
            case _:
                raise invalid("Name a session_id, or set current or others.")
        return pb.EndMySessionsResponse(sessions=ended)

    async def CreateUser(self, request: pb.CreateUserRequest, context: Any) -> pb.CreateUserResponse:
        user = await self._users.create(current_scope(), request.email, request.name, request.is_operator)
        return pb.CreateUserResponse(user=user_message(user))

    async def ListUsers(self, request: pb.ListUsersRequest, context: Any) -> pb.ListUsersResponse:
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        users, token = cut_page(await self._users.list(current_scope(), after, size), size, position_of)
        return pb.ListUsersResponse(users=map(user_message, users), next_page_token=token)

    async def SetUserEnabled(self, request: pb.SetUserEnabledRequest, context: Any) -> pb.SetUserEnabledResponse:
        user = await self._users.set_enabled(current_scope(), id_in(request, "user_id"), request.enabled)
        return pb.SetUserEnabledResponse(user=user_message(user))

    async def CreateSignInLink(self, request: pb.CreateSignInLinkRequest, context: Any) -> pb.CreateSignInLinkResponse:
        match request.WhichOneof("for"):
            case "user_id":
                link = await self._links.create_for_user(current_scope(), id_in(request, "user_id"))
            case "first_owner_of":
                link = await self._links.create_for_first_owner(current_scope(), id_in(request, "first_owner_of"))
            case _:
                raise invalid("Name a user_id or first_owner_of.")
        return pb.CreateSignInLinkResponse(secret=link.secret, expires_at=link.expires_at)


def _place(mine: MyAccount) -> tuple[str, str]:
    return in_digits(mine.account.name), mine.account.id


def _name_and_id(token: str) -> tuple[str, str] | None:
    position = page_position(token, str, str)
    return None if position is None else (from_digits(position[0]), position[1])
