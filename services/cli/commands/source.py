"""`chatmount source`: the pages and files that a chatbot answers from."""

import itertools
import tempfile
from pathlib import Path

import click
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import Stack, on_stack
from services.cli.commands.source_add import fetched, uploaded
from services.cli.commands.source_progress import events_option
from services.cli.commands.source_report import report
from services.cli.commands.source_sync import sync
from services.cli.commands.source_table import bot_option, sources_table
from services.cli.commands.source_wait import wait
from services.cli.crawl.results import CrawlLimits
from services.cli.documents.document import checked_base_url
from services.cli.documents.files import list_files, read_files
from services.cli.documents.website import is_web_address
from services.cli.failures import known, wrong_usage
from services.cli.grammar import Group
from services.cli.options.numbers import WholeNumber
from services.cli.output import output, shapes


def _base_url(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        return checked_base_url(value) if value else ""
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.group(cls=Group, name="source")
def group() -> None:
    """Sources: the pages and files that a chatbot answers from."""


@group.command()
@bot_option
@click.argument("path", nargs=-1, required=True)
@click.option(
    "--base-url",
    default="",
    callback=_base_url,
    help="Public address of the files: a file's URL is this and its relative name.",
)
@click.option("--title", default="", help="Title of a single file, instead of its own.")
@click.option(
    "--depth",
    default=0,
    type=WholeNumber(0, 100),
    help="Follow the links of a web page this many steps on its site; 0: that page alone.",
    show_default=True,
)
@click.option(
    "--max-pages",
    default=100,
    type=WholeNumber(1, 100_000),
    help="Add at most this many pages of each site.",
    show_default=True,
)
@click.option("--no-wait", is_flag=True, help="Return when the content is kept safe; it is indexed beside.")
@events_option
@on_stack
async def add(
    stack: Stack,
    bot: str,
    path: tuple[str, ...],
    base_url: str,
    title: str,
    depth: int,
    max_pages: int,
    no_wait: bool,
    events: bool,
) -> None:
    """Add files, folders and web pages, or replace what has the same URL.

    Reads .md .mdx .txt .html .pdf .docx .csv .tsv, and .jsonl with one {"url", "title", "text"} a line. Folders are
    read with all folders in them, without hidden files. A PATH that begins with https:// or http:// is fetched.
    """
    websites = [one for one in path if is_web_address(one)]
    listing = list_files([one for one in path if not is_web_address(one)])
    if title and (websites or listing.total() != 1):
        raise wrong_usage("--title is for a single file.")
    scope = await stack.chatbot(bot)
    with tempfile.TemporaryDirectory(prefix="chatmount-") as folder:
        limits = CrawlLimits(depth, max_pages)
        pages, passed_over = await fetched(stack.settings, websites, limits, Path(folder), events=events)
        total = listing.total() + len(pages)
        documents = itertools.chain(read_files(listing, base_url, title), pages)
        results = await uploaded(scope, documents, total, wait=not no_wait, events=events)
    report(results, listing.passed_over, passed_over)


@group.command("list")
@bot_option
@on_stack
async def list_(stack: Stack, bot: str) -> None:
    """List sources, oldest first."""
    scope = await stack.chatbot(bot)
    sources = await all_rows(
        scope.sources.ListSources, retrieval_pb2.ListSourcesRequest(), lambda page: list(page.sources)
    )
    values = [shapes.source(source) for source in sources]
    empty = f"No sources yet. Add some: chatmount source add --bot {bot} PATH"
    output.show({"sources": values}, sources_table(values, empty))


group.add_command(wait)
group.add_command(sync)


@group.command()
@bot_option
@click.argument("source", nargs=-1, required=True)
@on_stack
async def remove(stack: Stack, bot: str, source: tuple[str, ...]) -> None:
    """Remove SOURCE… (ids) with their passages."""
    scope = await stack.chatbot(bot)
    for one in source:
        with known("source", one, f"chatmount source list --bot {bot}"):
            await scope.sources.RemoveSource(retrieval_pb2.RemoveSourceRequest(source_id=one))
    output.show({"removed": list(source)}, f"Removed {', '.join(source)}.")


@group.command()
@bot_option
@click.argument("source", nargs=-1, required=True)
@on_stack
async def enable(stack: Stack, bot: str, source: tuple[str, ...]) -> None:
    """Take SOURCE… (ids) back into the search."""
    await _set_enabled(stack, bot, source, True)


@group.command()
@bot_option
@click.argument("source", nargs=-1, required=True)
@on_stack
async def disable(stack: Stack, bot: str, source: tuple[str, ...]) -> None:
    """Take SOURCE… (ids) out of the search without forgetting them."""
    await _set_enabled(stack, bot, source, False)


async def _set_enabled(stack: Stack, bot: str, sources: tuple[str, ...], enabled: bool) -> None:
    scope = await stack.chatbot(bot)
    values = []
    for source in sources:
        request = retrieval_pb2.SetSourceEnabledRequest(source_id=source, enabled=enabled)
        with known("source", source, f"chatmount source list --bot {bot}"):
            values.append(shapes.source((await scope.sources.SetSourceEnabled(request)).source))
    output.show({"sources": values}, sources_table(values))
