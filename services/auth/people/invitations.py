"""Rules of invitations: offers of membership, by a link that whoever invites passes on."""

from dataclasses import replace

from services.auth import random_secret
from services.auth.audit_log import user_event
from services.auth.fields import check_creation_id, not_found
from services.auth.people.emails import clean_email, email_key
from services.auth.people.members import locked_account
from services.auth.people.records import AccountRole, Invitation, OpenInvitation
from services.auth.records import Action, AuditEvent
from services.auth.scope import TenantScope
from services.auth.store import AuthStore, PeopleStore, Transaction
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.ids import new_id
from services.trust.principal import current_principal

DAY_MS = 24 * 60 * 60 * 1000
LASTS_MS = 7 * DAY_MS
# So long a repeated request still finds what it made.
KEPT_MS = 7 * DAY_MS


class Invitations:
    """The invitations to the account of a scope; of each address at most one is open."""

    def __init__(self, store: AuthStore, people: PeopleStore, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock

    async def create(
        self, scope: TenantScope, email: str, role: AccountRole, creation_id: str
    ) -> tuple[Invitation, str]:
        """An invitation and its secret; "" when a request with its `creation_id` made it before.

        An earlier one of the same address ends. WRONG_STATE for a member.
        """
        email, creation_id = clean_email(email), check_creation_id(creation_id)
        secret, at_ms = random_secret.new_secret(), now_ms(self._clock)
        async with self._store.write() as transaction:
            account = await locked_account(transaction, scope)
            made = await transaction.invitation_created_by(creation_id) if creation_id else None
            if made is not None:
                if (made.account_id, made.email, made.role) != (account.id, email, role):
                    raise refusal(Text.CREATION_DIFFERS)
                return made, ""
            invitation = Invitation(
                id=new_id("inv"),
                account_id=account.id,
                email=email,
                email_key=email_key(email),
                role=role,
                created_by=current_principal().subject,
                creation_id=creation_id or None,
                created_ms=at_ms,
                expires_ms=at_ms + LASTS_MS,
            )
            await self._replace(transaction, invitation)
            await transaction.add(invitation, digest=random_secret.digest(secret))
            await transaction.add(invitation_event(Action.INVITATION_CREATE, at_ms, invitation))
        return invitation, secret

    async def get(self, scope: TenantScope, invitation_id: str) -> OpenInvitation:
        """One that is open. NOT_FOUND for any other."""
        scope.require_account(scope.account_id)
        found = await self._people.open_invitation(scope.account_id, now_ms(self._clock), invitation_id)
        if found is None:
            raise not_found("invitation")
        return found

    async def withdraw(self, scope: TenantScope, invitation_id: str) -> None:
        """Ends an invitation. NOT_FOUND for one of another account; one that is over stays as it is."""
        async with self._store.write() as transaction:
            account = await locked_account(transaction, scope)
            invitation = await transaction.invitation(account.id, invitation_id)
            if invitation is None:
                raise not_found("invitation")
            at_ms = now_ms(self._clock)
            if invitation.is_open(at_ms):
                await transaction.save(replace(invitation, ended_ms=at_ms))
                await transaction.add(invitation_event(Action.INVITATION_WITHDRAW, at_ms, invitation))

    async def _replace(self, transaction: Transaction, invitation: Invitation) -> None:
        user = await transaction.user_by_email(invitation.email_key)
        if user is not None and await transaction.membership(invitation.account_id, user.id):
            raise refusal(Text.ALREADY_MEMBER)
        for earlier in await transaction.unended_invitations(invitation.account_id, invitation.email_key):
            await transaction.save(replace(earlier, ended_ms=invitation.created_ms))
        await transaction.forget_invitations(invitation.account_id, invitation.created_ms - KEPT_MS)


def invitation_event(action: Action, at_ms: int, invitation: Invitation, actor: str = "") -> AuditEvent:
    """The event of what is done to an invitation. `actor`: see user_event."""
    details = {"email": invitation.email, "role": str(invitation.role)}
    return user_event(action, at_ms, "", invitation.account_id, actor=actor, **details)
