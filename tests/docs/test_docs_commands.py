"""Every command that the documentation names can be run, and none is missing from it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from services.cli.app import root
from tests.cli.every_command import leaves
from tests.pages import ROOT, blocks, each_page, prose, text_of

COMMANDS = dict(leaves(root))
GROUPS = {path[:1] for path in COMMANDS if len(path) > 1}


def mentioned(page: Path) -> Iterator[list[str]]:
    """The words after `chatmount` in every command line on a page."""
    shell = "\n".join(blocks(page, "sh")).replace("\\\n", " ")
    inline = re.findall(r"`((?:\.venv/bin/)?chatmount(?: [^`]+)?)`", prose(page))
    for line in [*shell.splitlines(), *inline]:
        # There the word is the name of a release.
        if line.startswith("helm "):
            continue
        for found in re.finditer(r"(?:^|[\s(])(?:\.venv/bin/)?chatmount( [^)#|]*)?", line):
            words = found[1] or ""
            yield shlex.split(words if words.count('"') % 2 == 0 else words.rpartition('"')[0])


def find(words: list[str]) -> tuple[tuple[str, ...], click.Command] | None:
    plain = [word for word in words if word != "--json"]
    for length in (3, 2, 1):
        if tuple(plain[:length]) in COMMANDS:
            return tuple(plain[:length]), COMMANDS[tuple(plain[:length])]
    return None


def options(command: click.Command) -> set[str]:
    names = (name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts))
    return {name for name in names if name.startswith("--")}


@each_page
def test_every_command_that_is_mentioned_exists_with_its_options(page: Path) -> None:
    for words in mentioned(page):
        if not words or tuple(words) in GROUPS or words[0] in ("--help", "--version"):
            continue
        found = find(words)
        assert found is not None, words
        unknown = {word for word in words if word.startswith("--")} - options(found[1]) - {"--help"}
        assert unknown == set(), words


def test_every_command_and_option_is_documented() -> None:
    page = ROOT / "docs/cli.md"
    documented: set[tuple[str, ...]] = {found[0] for words in mentioned(page) if (found := find(words))}
    assert documented == set(COMMANDS)
    for path, command in COMMANDS.items():
        section = next(
            part
            for part in re.split(r"^## ", page.read_text("utf-8"), flags=re.M)
            if part.startswith(f"chatmount {path[0]}")
        )
        missing = {option for option in options(command) - {"--json"} if option not in section}
        assert missing == set(), path


@each_page
def test_every_make_verb_that_is_mentioned_exists(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.M))
    shell = "\n".join(blocks(page, "sh"))
    used = set(re.findall(r"`make ([a-z-]+)`", prose(page))) | set(re.findall(r"(?:^|\s)make ([a-z-]+)", shell))
    assert used - verbs == set()
