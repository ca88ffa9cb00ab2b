"""The door of the dashboard: a signed user takes the place of the cookie of a session."""

from urllib.parse import quote

from envoy.service.auth.v3 import external_auth_pb2

from services.auth.doors.messages import admitted, denied, request_header
from services.auth.people.records import SessionGrant
from services.auth.people.user_sessions import UserSessions
from services.errors import Text, refusal
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner

COOKIE = "__Host-chatmount"
DASHBOARD = "/dashboard/"
SIGN_IN = f"{DASHBOARD}sign-in"
LONGEST_NEXT = 2000


class SessionDoor:
    """Lets requests with an open session through to the web process, without their cookie."""

    def __init__(self, sessions: UserSessions, signer: TokenSigner) -> None:
        self._sessions = sessions
        self._signer = signer

    async def check(self, request: external_auth_pb2.CheckRequest) -> external_auth_pb2.CheckResponse:
        """What Envoy is to do with a request."""
        grant = await self._sessions.find(session_cookie(request_header(request, "cookie")))
        return _to_sign_in(request) if grant is None else self._admitted(grant)

    def _admitted(self, grant: SessionGrant) -> external_auth_pb2.CheckResponse:
        principal = Principal(Role.ROLE_USER, subject=grant.user_id, user_session_id=grant.session_id)
        token = self._signer.sign_for_a_call(principal, "auth")
        return admitted(token, remove=["cookie"], metadata={"user_id": grant.user_id})


def session_cookie(header: str) -> str:
    """The session's secret in a `Cookie` header; "" when there is none, or more than one."""
    pairs = (pair.strip(" \t").partition("=") for pair in header.split(";"))
    secrets = [value for name, _, value in pairs if name == COOKIE]
    return secrets[0] if len(secrets) == 1 else ""


def sign_in_url(path: str) -> str:
    """Where a person signs in who wanted to see `path`; if it is a page, they see it then."""
    if not path.startswith(DASHBOARD) or len(path) > LONGEST_NEXT:
        return SIGN_IN
    return f"{SIGN_IN}?next={quote(path, safe='')}"


def _to_sign_in(request: external_auth_pb2.CheckRequest) -> external_auth_pb2.CheckResponse:
    url = sign_in_url(request.attributes.request.http.path)
    # htmx follows a redirection by itself and would put the page for signing in into a part of the open one.
    is_htmx = bool(request_header(request, "hx-request"))
    headers = {"HX-Redirect" if is_htmx else "Location": url, "Cache-Control": "no-store"}
    return denied(refusal(Text.SESSION_ENDED), headers, 401 if is_htmx else 303)
