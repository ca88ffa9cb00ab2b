"""Twenty turns with a model: exactly the documented window is remembered."""

from dataclasses import dataclass, field

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.chat.history import HISTORY_TOKENS
from tests.chat.model.scripted_provider import ScriptedProvider
from tests.chat.model.scripted_replies import Recorded, Reply, answer
from tests.contract.client import Client
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.stack import Stack
from tests.waiting import eventually

TURNS = 20
ROTATED, RESTARTED = 7, 13
# So long that the window holds some of the turns and not all.
PADDING = "Bikes, bells and baskets are what the shop rents out. " * 9


def remembering(request: Recorded) -> Reply:
    """A model that knows what it was told in this request, and nothing else."""
    if request.body["messages"][0]["content"].startswith("Rewrite"):
        return answer(request.body["messages"][-1]["content"].rpartition("<question-")[2][:200])
    asked = request.body["messages"][-1]["content"].rpartition("<question-")[2]
    said = [str(message["content"]) for message in request.body["messages"][1:-1]]
    if "what was number" in asked:
        number = asked.split("what was number ")[1].split("?")[0]
        found = [text for text in said if f"number {number} is" in text]
        word = found[0].split(f"number {number} is ")[1].split(".")[0] if found else "unknown"
        return answer("It was", f" {word}", ". [1]")
    return answer("Noted, the bike shop says. ", PADDING, "[1]")


@dataclass
class Talk:
    """A conversation as its user knows it: questions and answers, and the ids of the replies."""

    session_id: str
    turns: list[tuple[str, str]] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)

    def ask(self, client: Client, question: str, *, stream: bool = False) -> str:
        reply = client.ask(question, session_id=self.session_id, stream=stream)
        assert reply.status == 200, reply.text
        text = reply.streamed_text if stream else str(reply.json["message"])
        self.turns.append((question, text))
        self.request_ids.append(reply.headers["x-request-id"])
        return text


def tokens(turns: list[tuple[str, str]]) -> int:
    """About how many, counted as the documentation of sessions does."""
    return sum(len(question) + len(text) for question, text in turns) // 4


def tenant_of(stack: Stack) -> Tenant:
    """A chatbot that always has its model answer."""
    operator = OperatorClient(stack)
    tenant = operator.tenant()
    request = chat_pb2.UpdateProfileRequest(abstention_threshold=0)
    operator.call(chat_pb2_grpc.ChatbotProfileServiceStub, "UpdateProfile", request, **tenant.scope)
    return tenant


def test_a_long_conversation_keeps_what_is_in_the_window_over_rotation_and_restart(
    model_stack: Stack, provider: ScriptedProvider
) -> None:
    stack = model_stack
    provider.script = remembering
    tenant, talk = tenant_of(stack), Talk("a long talk")
    client = Client(stack.base_url, tenant.key)
    for number in range(1, TURNS + 1):
        if number == ROTATED:
            client.key = OperatorClient(stack).rotate(tenant.key_id)
        if number == RESTARTED:
            stack.kill("chat")
            eventually(lambda: client.ask("").status == 503, what="Chat is gone")
            eventually(lambda: client.ask("").status == 400, what="Chat is back")
        talk.ask(client, f"Please note for my bike: number {number} is word{number}. {PADDING}", stream=number % 2 == 0)
        told = seen_by(provider)
        # Whole turns, the newest, in their order.
        assert told == talk.turns[len(talk.turns) - 1 - len(told) : -1]
        assert tokens(told) <= HISTORY_TOKENS
        dropped = talk.turns[: len(talk.turns) - 1 - len(told)]
        assert not dropped or tokens([dropped[-1], *told]) > 0.9 * HISTORY_TOKENS
    window = len(seen_by(provider))
    assert 3 <= window < TURNS - 1
    inside, outside = TURNS - window + 2, TURNS - window - 2
    assert talk.ask(client, f"Of my bike's words, what was number {inside}?") == f"It was word{inside}."
    assert talk.ask(client, f"Of my bike's words, what was number {outside}?") == "It was unknown."
    kept = stack.json("session", "show", "--bot", tenant.chatbot_id, talk.session_id)["turns"]
    assert [(turn["question"], turn["answer"]) for turn in kept] == talk.turns
    told = stack.json("trace", talk.request_ids[-1])["trace"]
    assert (told["made_by"], told["model"], told["history_turns"] >= 3) == ("model", "m", True)
    client.close()


def seen_by(provider: ScriptedProvider) -> list[tuple[str, str]]:
    """The turns in the newest prompt."""
    told = [message["content"] for message in provider.requests[-1].body["messages"][1:-1]]
    return list(zip(told[::2], told[1::2], strict=True))
