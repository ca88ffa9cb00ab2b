"""What an answer looks like."""

from typing import Any

from tests.each import for_each
from tests.one_day import within_one_day

from .client import QUESTION, Client
from .operator_client import PAGES_URL, OperatorClient, Tenant

# What an answer looks like is the same on all databases; what is stored is asked of both kinds in tests/retrieval.
MODES = ("embedded",)

OFF_TOPIC = "Who won the football world cup of 1998?"


def test_an_answer_has_exactly_its_three_parts(client: Client) -> None:
    reply = client.ask()
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json) == {"message", "sources", "usage"}
    assert isinstance(reply.json["message"], str)
    assert reply.json["message"].strip()


def test_the_keys_of_a_reply_stand_in_the_order_of_the_contract(client: Client) -> None:
    whole, streamed = client.ask().text, client.ask(stream=True).text
    assert whole.index('"message"') < whole.index('"sources":[{"url":"') < whole.index('"usage":{"credits_used":1')
    assert 'data: {"type":"sources","sources":[{"url":"' in streamed


def test_the_credits_are_numbers(client: Client) -> None:
    usage = client.ask().json["usage"]
    assert usage["credits_used"] == 1
    assert all(type(value) is int for value in usage.values())


def test_sources_are_at_most_three_pages_each_once(client: Client) -> None:
    sources = client.ask("bike return hours helmet battery").json["sources"]
    assert len(sources) <= 3
    assert len({source["url"] for source in sources}) == len(sources)
    for source in sources:
        assert list(source) == ["url", "title"]


@for_each(
    ("question", "fact", "page"),
    [
        (QUESTION, "14 days", "returns.md"),
        ("When does the shop close on Saturdays?", "4 pm", "opening-hours.md"),
        ("Do I get a helmet with my rental?", "helmet", "helmets.txt"),
        ("How far does a fully charged electric bike travel?", "70 kilometres", "electric.html"),
    ],
)
def test_an_answer_rests_on_the_page_that_says_so(
    client: Client, tenant: Tenant, question: str, fact: str, page: str
) -> None:
    answer = client.ask(question).json
    assert fact in answer["message"]
    assert answer["sources"][0]["url"] == PAGES_URL + page


def test_the_boilerplate_of_a_page_is_never_an_answer(client: Client, tenant: Tenant) -> None:
    message = client.ask("Where do I log in to my account? Cookie settings?").json["message"]
    assert "Log in to your account" not in message
    assert "Cookie settings" not in message


def test_nothing_found_is_said_with_the_fallback_and_no_sources(client: Client, tenant: Tenant) -> None:
    answer = client.ask(OFF_TOPIC).json
    assert answer["sources"] == []
    assert answer["message"].strip()
    assert "bike" not in answer["message"].lower()


@for_each("fields", [{}, {"include_sources": True}, {"include_sources": None}])
def test_sources_are_there_unless_declined(client: Client, fields: dict[str, Any]) -> None:
    assert client.ask(**fields).json["sources"]


def test_declined_sources_are_nowhere(client: Client) -> None:
    assert set(client.ask(include_sources=False).json) == {"message", "usage"}


def test_sources_are_an_empty_list_when_the_answer_rests_on_none(operator: OperatorClient, client: Client) -> None:
    bare = operator.tenant(pages=False)
    assert client.ask(key=bare.key).json["sources"] == []


def test_credits_remaining_is_left_out_on_an_unlimited_plan(operator: OperatorClient, client: Client) -> None:
    assert client.ask(key=operator.tenant("enterprise", pages=False).key).json["usage"] == {"credits_used": 1}


def test_credits_remaining_counts_down_to_a_zero_that_is_said(operator: OperatorClient, client: Client) -> None:
    def use_up() -> list[int]:
        key = operator.tenant("seven", pages=False).key
        return [client.ask(key=key).json["usage"]["credits_remaining"] for _ in range(7)]

    assert within_one_day(use_up) == [6, 5, 4, 3, 2, 1, 0]


def test_a_removed_page_is_never_an_answer_again(operator: OperatorClient, client: Client) -> None:
    bare = operator.tenant(pages=False)
    source = operator.add_page(
        bare, "code.md", b"# Door code\n\nThe door code of the shed is 4711.", PAGES_URL + "code"
    )
    question = "What is the door code of the shed?"
    assert "4711" in client.ask(question, key=bare.key).json["message"]
    operator.set_source_enabled(bare, source, False)
    assert "4711" not in client.ask(question, key=bare.key).json["message"]
    operator.set_source_enabled(bare, source, True)
    assert "4711" in client.ask(question, key=bare.key).json["message"]
    operator.remove_source(bare, source)
    after = client.ask(question, key=bare.key).json
    assert "4711" not in after["message"]
    assert after["sources"] == []


def test_one_chatbot_never_answers_from_another_ones_pages(operator: OperatorClient, client: Client) -> None:
    mine, other = operator.tenant(pages=False), operator.tenant(pages=False)
    operator.add_page(other, "code.md", b"# Door code\n\nThe door code of the shed is 4711.", PAGES_URL + "code")
    question = "What is the door code of the shed?"
    assert "4711" in client.ask(question, key=other.key).json["message"]
    answer = client.ask(question, key=mine.key).json
    assert "4711" not in answer["message"]
    assert answer["sources"] == []
