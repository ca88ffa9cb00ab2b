"""People at a running Auth server: how they come in, and what they may call then."""

from dataclasses import dataclass
from typing import Any

from auth_harness import Auth
from envoy.service.auth.v3 import attribute_context_pb2, external_auth_pb2

from services.trust.principal import Principal, Role

WEB = Principal(Role.ROLE_WEB)
PASSWORD = "correct horse battery"
ANOTHER = "another long password"
CLIENT = {"address": "203.0.113.7", "agent": "Browser/1.0"}


def door_request(
    cookie: str | None, path: str = "/dashboard/", method: str = "GET", door: str = "session", **headers: str
) -> external_auth_pb2.CheckRequest:
    """What Envoy sends for a request of a browser."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if cookie is not None:
        sent["cookie"] = cookie
    http = attribute_context_pb2.AttributeContext.HttpRequest(method=method, path=path, headers=sent)
    return external_auth_pb2.CheckRequest(
        attributes=attribute_context_pb2.AttributeContext(
            request=attribute_context_pb2.AttributeContext.Request(http=http), context_extensions={"door": door}
        )
    )


@dataclass
class Person:
    """Somebody who has signed in: the secret of their cookie, and who they are inside."""

    auth: Auth
    email: str
    secret: str

    async def knock(self, **fields: Any) -> external_auth_pb2.CheckResponse:
        return await self.auth.knock(door_request(f"__Host-chatmount={self.secret}", **fields))

    async def is_in(self) -> bool:
        return (await self.knock()).status.code == 0

    async def principal(self) -> Principal:
        """As the door lets them in."""
        (header,) = (await self.knock()).ok_response.headers
        return self.auth.signer.verify(header.header.value.removeprefix("Bearer "), "auth")

    async def call(self, method: str, **fields: Any) -> Any:
        """A call as the user that the door has let in."""
        return await self.auth.call(method, await self.principal(), **fields)

    async def user_id(self) -> str:
        return (await self.principal()).subject

    async def member(self, **scope: str) -> Principal:
        """As a member of an account or of a chatbot's account."""
        issued = await self.call("IssueMemberToken", **scope)
        return self.auth.signer.verify(issued.token, "auth")


async def sign_in(auth: Auth, email: str, password: str = PASSWORD) -> Person:
    """A new session of a user."""
    reply = await auth.call("SignIn", WEB, email=email, password=password, client=CLIENT)
    return Person(auth, email, reply.session.secret)


async def new_user(auth: Auth, email: str, **fields: Any) -> Person:
    """A user who has used their first link."""
    user = (await auth.call("CreateUser", email=email, name=email.partition("@")[0], **fields)).user
    link = (await auth.call("CreateSignInLink", user_id=user.id)).secret
    return await use_link(auth, link, email)


async def use_link(auth: Auth, secret: str, email: str, password: str = PASSWORD) -> Person:
    """Whoever uses a link."""
    reply = await auth.call("UseSignInLink", WEB, secret=secret, password=password, client=CLIENT)
    return Person(auth, email, reply.session.secret)


async def first_owner(auth: Auth, account_id: str, email: str = "ada@example.com") -> Person:
    """The first user of all, who owns the account."""
    link = (await auth.call("CreateSignInLink", first_owner_of=account_id)).secret
    fields = {"secret": link, "email": email, "name": "Ada", "password": PASSWORD}
    reply = await auth.call("UseSignInLink", WEB, **fields, client=CLIENT)
    return Person(auth, email, reply.session.secret)


def at(account_id: str) -> Principal:
    """An operator at an account."""
    return Principal(Role.ROLE_OPERATOR, account_id, subject="ada@laptop")


async def joined(auth: Auth, email: str, account_id: str, role: str) -> Person:
    """A new user who is a member."""
    person = await new_user(auth, email)
    await auth.call("AddMember", at(account_id), email=email, role=f"MEMBER_ROLE_{role}")
    return person
