"""The demo: an account and a chatbot that answers from Chatmount's documentation.

Seeded at the first start. What is there already is found by its name, so a seeding that broke off is taken up again;
a file that is written at its end says that it is done.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chatmount.auth.v1 import auth_pb2
from chatmount.chat.v1 import chat_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack
from services.cli.documents.document import Document, Unreadable
from services.cli.documents.upload import Result, upload_all
from services.config.plans import load_plans
from services.file_kinds import MEDIA_TYPES

FILE_NAME = "demo.json"
DOCS = Path(__file__).parents[3] / "docs"

ACCOUNT, CHATBOT, KEY = "Demo", "Chatmount docs", "demo"
PLAN = "plus"
INSTRUCTIONS = (
    "You answer questions about Chatmount, a self-hosted chatbot API, from its documentation. "
    "Be brief and exact. Show commands and JSON as they stand in the documentation."
)


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo's account and chatbot; `key` is its key's secret when just made, else empty."""

    account_id: str
    chatbot_id: str
    key: str = ""


async def ensure_demo(stack: Stack, home: Path, say: Callable[[str], None], docs: Path = DOCS) -> Demo | None:
    """The demo: seeded at the first start, remembered later, None when there is none."""
    file = home / FILE_NAME
    if file.exists():
        return _remembered(file)
    accounts = await all_rows(stack.accounts.ListAccounts, auth_pb2.ListAccountsRequest())
    account = next((one for one in accounts if one.name == ACCOUNT), None)
    pages = sorted(docs.glob("*.md"))
    if not pages or (accounts and account is None):
        return None
    if account is None:
        request = auth_pb2.CreateAccountRequest(name=ACCOUNT, plan=_plan(stack))
        account = (await stack.accounts.CreateAccount(request)).account
    say(f"seeding the demo chatbot with {len(pages)} pages of the documentation")
    chatbot_id = await _chatbot(stack, account.id)
    await _add_pages(stack, chatbot_id, pages, say)
    secret = await _key(stack, chatbot_id)
    # The secret is in the banner and nowhere else.
    file.write_text(json.dumps({"account_id": account.id, "chatbot_id": chatbot_id}) + "\n", "utf-8")
    return Demo(account.id, chatbot_id, secret)


def _remembered(file: Path) -> Demo | None:
    try:
        made = json.loads(file.read_text("utf-8"))
        return Demo(made["account_id"], made["chatbot_id"])
    except (ValueError, KeyError, TypeError):
        return None


def _plan(stack: Stack) -> str:
    plans = load_plans(stack.settings.plans_file)
    if PLAN in plans:
        return PLAN
    return next((plan.name for plan in plans.values() if plan.has_api_access), next(iter(plans)))


async def _chatbot(stack: Stack, account_id: str) -> str:
    request = auth_pb2.ListChatbotsRequest(account_id=account_id)
    chatbots = await all_rows(stack.chatbots.ListChatbots, request)
    chatbot = next((one for one in chatbots if one.name == CHATBOT), None)
    if chatbot is None:
        creation = auth_pb2.CreateChatbotRequest(account_id=account_id, name=CHATBOT)
        chatbot = (await stack.chatbots.CreateChatbot(creation)).chatbot
    scope = await stack.chatbot(chatbot.id)
    await scope.profile.UpdateProfile(chat_pb2.UpdateProfileRequest(instructions=INSTRUCTIONS))
    return chatbot.id


async def _add_pages(stack: Stack, chatbot_id: str, pages: list[Path], say: Callable[[str], None]) -> None:
    def documents() -> Iterator[Document | Unreadable]:
        for page in pages:
            name = f"docs/{page.name}"
            yield Document(name, name, "", "", MEDIA_TYPES[page.suffix], page)

    def tell(_: Document | Unreadable, result: Result) -> None:
        if isinstance(result, Unreadable):
            say(f"{result.label} was not added: {result.reason}")

    await upload_all(await stack.chatbot(chatbot_id), documents(), tell)


async def _key(stack: Stack, chatbot_id: str) -> str:
    keys = await stack.keys.ListApiKeys(auth_pb2.ListApiKeysRequest(chatbot_id=chatbot_id))
    for key in keys.api_keys:
        if key.name == KEY and key.status == auth_pb2.API_KEY_STATUS_ACTIVE:
            # Made by a seeding that broke off before anybody saw the secret.
            rotated = await stack.keys.RotateApiKey(auth_pb2.RotateApiKeyRequest(api_key_id=key.id))
            return rotated.secret
    created = await stack.keys.CreateApiKey(auth_pb2.CreateApiKeyRequest(chatbot_id=chatbot_id, name=KEY))
    return created.secret
