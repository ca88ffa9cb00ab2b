"""Tenants of all kinds in one world, and what each of them may name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from services.trust.principal import Principal
from tests.promises.tenancy.case import calls
from tests.promises.tenancy.cases import CASES
from tests.promises.tenancy.outcomes import Outcome
from tests.promises.tenancy.tenant import Tenant
from tests.promises.tenancy.tenants import World, world
from tests.promises.tenancy.views import view

STRANGERS = (
    *("operator@account", "operator@chatbot", "key", "visitor@chatbot"),
    *("owner@account", "owner@chatbot", "user"),
)


@dataclass
class Town:
    """Two accounts, the first with two chatbots, and all that the victim sees."""

    world: World
    victim: Tenant
    sibling: Tenant
    stranger: Tenant
    owner: Tenant
    guests: dict[str, tuple[Tenant, Tenant]]
    seen: dict[str, object]

    def others(self, path: str) -> tuple[Tenant, Tenant]:
        return self.guests.get(path, (self.sibling, self.stranger))

    async def outcomes(self, path: str, named: Tenant, principal: Principal | str | None) -> list[Outcome]:
        case = CASES[path]
        headers = case.headers(named)
        messages = calls(case, self.world.methods[path], named)
        return [await self.world.call(path, each, principal, headers) for each in messages]

    async def nothing_happened(self) -> None:
        assert await view(self.world, self.victim) == self.seen


def nobody(like: Tenant | None = None) -> Tenant:
    """Names that nothing has; of an account that is there when it is that of `like`."""
    made_up = Tenant("dromedary")
    return made_up if like is None else replace(made_up, account_id=like.account_id)


def names_of(tenant: Tenant) -> dict[str, str]:
    return dict(asdict(tenant))


def secrets_of(tenant: Tenant, reader: Tenant) -> list[str]:
    """What may not be read by others. Names that they have used themselves are no news to them."""
    secrets = [tenant.word, tenant.chatbot_id, tenant.key_id, tenant.key, tenant.source_id, tenant.pair_id]
    secrets += [tenant.widget_id, tenant.visitor, tenant.conversation_id, tenant.visit_id]
    secrets += [tenant.reservation_id, tenant.grant_id, tenant.user_session_id]
    of_account = [tenant.account_id, tenant.user_id, tenant.email, tenant.invitation_id]
    return secrets if reader.account_id == tenant.account_id else [*secrets, *of_account]


@asynccontextmanager
async def open_town(folder: Path) -> AsyncIterator[Town]:
    """Over the wire, replicated/test_tenancy.py asks the same of a whole stack."""
    async with world(folder, together=True) as running:
        victim = await running.person(await running.tenant("aardvark"))
        sibling = await running.tenant("buffalo", victim.account_id)
        stranger = await running.person(await running.tenant("capybara"))
        guests = {
            path: (await running.tenant("buffalo", victim.account_id), await running.tenant("capybara"))
            for path, case in CASES.items()
            if case.leaves
        }
        owner = await running.person(await running.tenant("elephant"))
        yield Town(running, victim, sibling, stranger, owner, guests, await view(running, victim))


def without_signature(token: str) -> str:
    # {"alg":"none","typ":"JWT"}
    return "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + token.split(".")[1] + "."
