"""Questions about the demo's pages, replayed after one page has changed.

    .venv/bin/python -m bench.replays [--questions 200] [--page limits-and-credits.md]

The demo is started as `make run` starts it, and asked about the headings of its own pages. Then every number on one
page is raised by one, and `chatmount replay --last` asks again. What it says is held against the truth: each question
is asked once more as a user asks it, and what that answer has is compared with what the first had. Ends with 1 where
the two differ, or where the changed page is not the cause.
"""

import argparse
import json
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from services.cli.up.demo import DOCS, FILE_NAME, PLAN
from tests.contract.client import Client
from tests.contract.plans import plan
from tests.contract.stack import Stack

AT_ONCE = 4
HEADING = re.compile(r"^#{2,} (.+)$", re.MULTILINE)

Said = tuple[str, tuple[str, ...]]
"""An answer, and the URLs of its sources."""


def questions(number: int) -> list[str]:
    """Of all pages alike, as many of each as it has."""
    by_page = [HEADING.findall(page.read_text("utf-8")) for page in sorted(DOCS.glob("*.md"))]
    in_turn = [found[place] for place in range(max(map(len, by_page))) for found in by_page if place < len(found)]
    return list(dict.fromkeys(f"{heading.replace('`', '')}?" for heading in in_turn))[:number]


def asked(client: Client, texts: list[str]) -> dict[str, Said]:
    def ask(text: str) -> Said:
        reply = client.ask(text).json
        return reply["message"], tuple(source["url"] for source in reply["sources"])

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(texts, threads.map(ask, texts), strict=True))


def raised(page: str) -> str:
    """The page with every number one higher."""
    return re.sub(r"\d+", lambda found: str(int(found[0]) + 1), page)


def found_in(folder: Path, number: int, page: str) -> dict[str, Any]:
    (folder / "plans.toml").write_text(plan(PLAN))
    stack = Stack(folder / "home", {"CHATMOUNT_PLANS_FILE": str(folder / "plans.toml"), "CHATMOUNT_TOGETHER": ""})
    try:
        stack.start()
        bot = json.loads((stack.home / FILE_NAME).read_text())["chatbot_id"]
        client = Client(stack.base_url, stack.json("key", "create", "--bot", bot, "--name", "replays")["key"])
        texts = questions(number)
        then = asked(client, texts)
        changed = folder / "pages" / "docs" / page
        changed.parent.mkdir(parents=True)
        changed.write_text(raised((DOCS / page).read_text("utf-8")))
        stack.command("source", "add", "--bot", bot, str(folder / "pages"), seconds=None)
        replays = stack.json("replay", "--bot", bot, "--last", str(number))
        now = asked(client, texts)
        client.close()
        stack.stop()
    finally:
        stack.abandon()
    return judged(replays, then, now, f"docs/{page}")


def judged(replays: dict[str, Any], then: dict[str, Said], now: dict[str, Said], page: str) -> dict[str, Any]:
    """`changed`: what the replay says. `wrong`: where it does not say what is true, or blames another page."""
    of_replay = {one["then"]["question"]: one for one in replays["replays"] if not one["error"]}
    changed = {question for question, one in of_replay.items() if one["changed"]}
    others = {question for question in then if then[question] != now[question]}
    blamed = {question: [cause["title"] for cause in of_replay[question]["causes"]] for question in changed}
    rest = {question for question in then if any(page in url for said in (then, now) for url in said[question][1])}
    return {
        **{name: value for name, value in replays.items() if name != "replays"},
        "not_asked_again": sorted({*then} - {*of_replay}),
        "really_different": len(others),
        "cite_the_page": len(rest),
        "cite_it_and_are_the_same": len(rest - changed),
        "changed": sorted(changed),
        "wrong": {
            "missed": sorted(others - changed),
            "made_up": sorted(changed - others),
            "do_not_cite_the_page": {question: blamed[question] for question in sorted(changed - rest)},
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--page", default="limits-and-credits.md", help="the page of docs/ that changes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chatmount-replays-") as folder:
        found = found_in(Path(folder), options.questions, options.page)
    for name, value in found.items():
        print(f"{name}: {value}")
    sys.exit(any(found["wrong"].values()) or bool(found["not_asked_again"]))


if __name__ == "__main__":
    main()
