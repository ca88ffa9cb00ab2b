"""Tickets of visitors: what verifies one, what does not, and that none passes for a principal token."""

import base64
import json
from dataclasses import replace

import jwt
import pytest

from services.errors import ChatmountError, Reason
from services.trust.principal import SERVICES, Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.signed_claims import GivenSecrets
from services.trust.tickets import AUDIENCE, TTL_SECONDS, Ticket, TicketSigner
from tests.each import for_each
from tests.turned_clock import TurnedClock

OLD, NEW = "an-old-signing-secret-of-these-tests-000000", "a-new-signing-secret-of-these-tests-000000"
TICKET = Ticket("bot_1", "wgt_1", "https://www.example.com", "ab" * 32, f"cnv_{'0' * 32}", True)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(1_800_000_000.9)


@pytest.fixture
def signer(clock: TurnedClock) -> TicketSigner:
    return TicketSigner(GivenSecrets([OLD]), clock)


class ReplacedSecrets:
    """Secrets that are seen to have changed only by a look at once."""

    def current(self) -> tuple[str, ...]:
        return (OLD,)

    def at_once(self) -> tuple[str, ...]:
        return (NEW, OLD)


def refused(signer: TicketSigner, token: str) -> bool:
    with pytest.raises(ChatmountError) as caught:
        signer.verify(token)
    return caught.value.reason == Reason.INVALID_TICKET


@for_each("ticket", [TICKET, replace(TICKET, origin="", may_begin=False)])
def test_a_ticket_says_what_was_signed(signer: TicketSigner, ticket: Ticket) -> None:
    assert signer.verify(signer.sign(ticket)) == ticket


def test_a_ticket_ends(signer: TicketSigner, clock: TurnedClock) -> None:
    token = signer.sign(TICKET)
    clock.now = 1_800_000_000 + TTL_SECONDS - 0.1
    assert signer.verify(token) == TICKET
    clock.now = 1_800_000_000 + TTL_SECONDS
    assert refused(signer, token)


def test_a_ticket_that_was_changed_is_none(signer: TicketSigner) -> None:
    head, body, signature = signer.sign(TICKET).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    for name, value in {"cnv": f"cnv_{'1' * 32}", "vis": "cd" * 32, "bot": "bot_2", "exp": 4_000_000_000}.items():
        other = base64.urlsafe_b64encode(json.dumps(claims | {name: value}).encode()).rstrip(b"=").decode()
        assert refused(signer, f"{head}.{other}.{signature}"), name
    unsigned = jwt.encode(claims, "", "none")
    for token in ("", "x", "a.b.c", "cm_live_" + "x" * 32, unsigned, f"{head}.{body}.", f"{head}.{body}"):
        assert refused(signer, token), token
    assert refused(TicketSigner(GivenSecrets([NEW]), TurnedClock(1_800_000_000)), f"{head}.{body}.{signature}")


@for_each("lost", ["aud", "exp", "iat", "iss", "bot", "wgt", "origin", "vis", "cnv", "new"])
def test_a_ticket_that_lacks_something_is_none(signer: TicketSigner, lost: str) -> None:
    timeless = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(signer.sign(TICKET), OLD, ["HS256"], audience=AUDIENCE, options=timeless)
    assert signer.verify(jwt.encode(claims, OLD, "HS256")) == TICKET
    assert refused(signer, jwt.encode({name: claims[name] for name in claims if name != lost}, OLD, "HS256"))
    for audience in (*SERVICES, ["auth", "chat"], "WIDGET"):
        assert refused(signer, jwt.encode(claims | {"aud": audience}, OLD, "HS256"))


def test_a_ticket_is_no_principal_token_and_no_principal_token_a_ticket(
    signer: TicketSigner, clock: TurnedClock
) -> None:
    tokens = TokenSigner([OLD], clock)
    ticket = signer.sign(TICKET)
    for service in (*SERVICES, AUDIENCE):
        with pytest.raises(ChatmountError, match="token is not valid"):
            tokens.verify(ticket, service)
    visitor = Principal(Role.ROLE_VISITOR, "acct_1", "bot_1", visitor_digest=TICKET.visitor_digest)
    assert refused(signer, tokens.sign(visitor))
    for_widgets = tokens.sign(visitor, audience=(AUDIENCE,))
    assert refused(signer, for_widgets)
    for service in SERVICES:
        with pytest.raises(ChatmountError, match="token is not valid"):
            tokens.verify(for_widgets, service)


def test_a_secret_is_replaced_while_tickets_are_out(clock: TurnedClock) -> None:
    signer = TicketSigner(ReplacedSecrets(), clock)
    for secret in (OLD, NEW):
        assert signer.verify(TicketSigner(GivenSecrets([secret]), clock).sign(TICKET)) == TICKET
