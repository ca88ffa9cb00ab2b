"""What a page is let in by, as one look-up finds it, on both kinds of databases."""

import pytest

from services.auth.people.records import AccountRole, Caller, Membership, User, UserSession, Visit
from services.auth.records import Account, Chatbot
from services.auth.store import AuthStore, Visits
from services.database import Database

ADA = User("usr_1", "Ada@Example.com", "ada@example.com", "Ada 🚲", True, 1_000, "$argon2id$…", None, None)
BOB = User("usr_2", "bob@example.com", "bob@example.com", "Bob", False, 2_000, None, 2_500, 3_000)
OURS, THEIRS = Account("acct_1", "Ours", "plus", 1_000), Account("acct_2", "Theirs", "free", 1_000)
CHATBOTS = {account: Chatbot(f"bot_{account.id}", account.id, "Help", False, 5) for account in (OURS, THEIRS)}


@pytest.fixture
async def visits(store: AuthStore, database: Database) -> Visits:
    """Two people with a session each, of whom Bob is a member of one account."""
    async with store.write() as transaction:
        await transaction.add(OURS, THEIRS, *CHATBOTS.values(), ADA, BOB)
        await transaction.add(Membership("mbr_1", OURS.id, BOB.id, AccountRole.EDITOR, 3_000))
        for user in (ADA, BOB):
            session = UserSession(f"uss_{user.id}", user.id, 1_000, 2_000, 9_000, "::1", "ü")
            await transaction.add(session, digest=user.id.encode())
    return Visits(database)


@pytest.mark.parametrize("user", [ADA, BOB])
async def test_a_caller_is_found_with_their_own_session(visits: Visits, user: User) -> None:
    assert await visits.caller(user.id, f"uss_{user.id}") == Caller(user, 2_000, 9_000)
    assert await visits.caller(user.id, "uss_9") is None
    other = ADA if user is BOB else BOB
    assert await visits.caller(user.id, f"uss_{other.id}") is None
    assert await visits.to_account(user.id, f"uss_{other.id}", OURS.id) is None
    assert await visits.to_chatbot(user.id, f"uss_{other.id}", CHATBOTS[OURS].id) is None


@pytest.mark.parametrize(("account", "role"), [(OURS, AccountRole.EDITOR), (THEIRS, None)])
async def test_a_role_is_that_in_the_account_itself(visits: Visits, account: Account, role: AccountRole | None) -> None:
    bob, chatbot = Caller(BOB, 2_000, 9_000), CHATBOTS[account]
    assert await visits.to_account(BOB.id, "uss_usr_2", account.id) == Visit(bob, account, None, role)
    assert await visits.to_chatbot(BOB.id, "uss_usr_2", chatbot.id) == Visit(bob, account, chatbot, role)


async def test_what_is_not_there_is_missing_beside_the_caller(visits: Visits) -> None:
    nothing = Visit(Caller(BOB, 2_000, 9_000), None, None, None)
    assert await visits.to_account(BOB.id, "uss_usr_2", "acct_9") == nothing
    assert await visits.to_chatbot(BOB.id, "uss_usr_2", "bot_9") == nothing
