"""An account in which there is one of everything that has pages of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.browser.site import PAGES, WEBSITE, Site
from tests.waiting import PATIENCE

ANSWERED, UNANSWERED = "What does a repair cost?", "Who was the third king of Lydia?"


@contextmanager
def crowd(site: Site) -> Iterator[tuple[str, ...]]:
    """Makes it, by commands and questions, for as long as it is looked at.

    Where its pages begin, from which links lead to all others.
    """
    run = site.stack.json
    account = run("account", "create", "Crowd", "--plan", "plus")["id"]
    chatbot = run("bot", "create", "Crowded desk", "--account", account)["id"]
    run("source", "add", "--bot", chatbot, *map(str, PAGES), "--base-url", WEBSITE)
    run("qa", "add", "--bot", chatbot, "--question", "Is there parking?", "--answer", "Yes.")
    run("member", "invite", "new@example.com", "--account", account, "--role", "viewer")
    run("member", "add", "viewer@example.com", "--account", account, "--role", "viewer")
    secret = run("key", "create", "--bot", chatbot, "--name", "Shop")["key"]
    for question in (ANSWERED, UNANSWERED):
        asked = httpx.post(
            f"{site.stack.base_url}/v1/chat",
            headers={"Authorization": f"Bearer {secret}"},
            json={"message": question, "session_id": "visit"},
            timeout=PATIENCE,
            trust_env=False,
        )
        assert asked.status_code == 200, asked.text
    yield tuple(f"/dashboard/{place}" for place in (f"{account}/", f"{chatbot}/", "installation/", "me"))
    # An owner of two accounts comes to another page when they sign in, also in the next test.
    run("bot", "delete", chatbot, "--yes")
    run("account", "delete", account, "--yes")
