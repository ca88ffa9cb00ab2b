"""Access rules: the roles that may call a method, from its options `allowed` and `scope`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from chatmount.access.v1 import access_pb2
from chatmount.access.v1.access_pb2 import MemberRole, Role, Scope
from google.protobuf import descriptor_pool

from services.errors import Text, refusal
from services.trust.principal import SERVICES, Principal

# Looking a name up in a generated enum takes longer than comparing what it stands for.
_MEMBER = Role.ROLE_MEMBER
_NO_ROLE = MemberRole.MEMBER_ROLE_UNSPECIFIED
_CHATBOT, _ACCOUNT = Scope.SCOPE_CHATBOT, Scope.SCOPE_ACCOUNT


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may call a method, and what the caller's token must be scoped to."""

    roles: frozenset[Role.ValueType]
    scope: Scope.ValueType = Scope.SCOPE_UNSPECIFIED
    least: MemberRole.ValueType = _NO_ROLE

    def check(self, principal: Principal) -> None:
        """ROLE_NOT_ALLOWED unless the principal may call."""
        if principal.role not in self.roles:
            raise refusal(Text.ROLE_NOT_ALLOWED)
        if principal.role == _MEMBER:
            self._check_member(principal)
        if self.scope == _CHATBOT and not (principal.chatbot_id and principal.account_id):
            raise refusal(Text.NEEDS_CHATBOT_SCOPE)
        if self.scope == _ACCOUNT and not principal.account_id:
            raise refusal(Text.NEEDS_ACCOUNT_SCOPE)

    def _check_member(self, principal: Principal) -> None:
        role = MEMBER_ROLES.get(principal.member_role, _NO_ROLE)
        # An empty account means every account to the methods that operators call.
        if not principal.account_id or not role:
            raise refusal(Text.INVALID_TOKEN)
        if not self.least or role < self.least:
            raise refusal(Text.MEMBER_ROLE, role=role_name(role), least=role_name(self.least))


MEMBER_ROLES: Mapping[str, MemberRole.ValueType] = dict(MemberRole.items())


def role_name(role: MemberRole.ValueType) -> str:
    """`viewer`, `editor` or `owner`."""
    return MemberRole.Name(role).removeprefix("MEMBER_ROLE_").lower()


# Envoy's own protos name no service of ours, and can't carry our options.
EDGE_SERVICES: Mapping[str, str] = {
    "envoy.service.auth.v3.Authorization": "auth",
    "envoy.service.ratelimit.v3.RateLimitService": "quota",
}
EDGE_RULES: Mapping[str, AccessRule] = {
    "/envoy.service.auth.v3.Authorization/Check": AccessRule(frozenset({Role.ROLE_EDGE})),
    "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit": AccessRule(frozenset({Role.ROLE_EDGE})),
}

# What debugging tools and health probes call without a token. Neither says anything of any tenant.
OPEN_SERVICES = (
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
)


def is_open(method: str) -> bool:
    """Whether `/package.Service/Method` needs no token."""
    return method.split("/")[1] in OPEN_SERVICES


@cache
def service_of(method: str) -> str:
    """The one of SERVICES that serves `/package.Service/Method`; "" when none does."""
    full_name = method.removeprefix("/").partition("/")[0]
    project, _, rest = full_name.partition(".")
    service = EDGE_SERVICES.get(full_name) or (rest.partition(".")[0] if project == "chatmount" else "")
    return service if service in SERVICES else ""


@cache
def rule_of(method: str) -> AccessRule | None:
    """The rule of `/package.Service/Method`; None for no such method, or one without a rule."""
    if method in EDGE_RULES:
        return EDGE_RULES[method]
    service_name, _, method_name = method.removeprefix("/").partition("/")
    try:
        service = descriptor_pool.Default().FindServiceByName(service_name)
    except KeyError:
        return None
    descriptor = service.methods_by_name.get(method_name)
    if descriptor is None:
        return None
    options = descriptor.GetOptions()
    roles = frozenset(options.Extensions[access_pb2.allowed])
    scope, least = options.Extensions[access_pb2.scope], options.Extensions[access_pb2.least]
    return AccessRule(roles, scope, least) if roles else None
