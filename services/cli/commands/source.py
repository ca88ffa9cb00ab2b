"""`chatmount source`: the pages and files that a chatbot answers from."""

import itertools
import tempfile
from pathlib import Path

import click
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
from services.cli.commands.source_report import counts_table, report, sources_of, sources_table
from services.cli.commands.source_sync import sync
from services.cli.commands.source_upload import upload_with_progress
from services.cli.commands.source_wait import wait
from services.cli.crawl.limits import CrawlLimits
from services.cli.documents.document import Document, Unreadable, checked_base_url
from services.cli.documents.files import list_files, read_files
from services.cli.documents.website import is_web_address, read_websites
from services.cli.failures import explain_missing, wrong_usage
from services.cli.grammar import Group
from services.cli.options.numbers import WholeNumber
from services.cli.output import output
from services.cli.output.progress import events_option, progress
from services.cli.output.shapes import shape
from services.config.settings import load_settings
from services.file_kinds import BULK, READABLE

STATUSES = ("waiting", "indexing", "ready", "disabled", "failed")

ADD_HELP = f"""Add files, folders and web pages, or replace what has the same URL.

Reads {" ".join(READABLE)}, and {BULK} with one {{"url", "title", "text"}} a line. A folder is read with its subfolders,
without hidden files. A PATH that begins with https:// or http:// is fetched.
"""


def _base_url(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        return checked_base_url(value) if value else ""
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.group(cls=Group, name="source")
def group() -> None:
    """Sources: the pages and files that a chatbot answers from."""


@group.command(help=ADD_HELP)
@bot_option
@click.argument("path", nargs=-1, required=True)
@click.option(
    "--base-url",
    default="",
    callback=_base_url,
    help="Public address of the files. A file's URL is this and its relative name.",
)
@click.option("--title", default="", help="Title of a single file, instead of its own.")
@click.option(
    "--depth",
    default=0,
    type=WholeNumber(0, 100),
    help="Follow the links of a web page this many steps on its site. 0: only that page.",
    show_default=True,
)
@click.option(
    "--max-pages",
    default=100,
    type=WholeNumber(1, 100_000),
    help="Add at most this many pages of each site.",
    show_default=True,
)
@click.option("--no-wait", is_flag=True, help="Return when the content is stored; it is indexed in the background.")
@events_option
@on_chatbot
async def add(
    scope: ChatbotScope,
    path: tuple[str, ...],
    base_url: str,
    title: str,
    depth: int,
    max_pages: int,
    no_wait: bool,
    events: bool,
) -> None:
    websites = [one for one in path if is_web_address(one)]
    listing = list_files([one for one in path if not is_web_address(one)])
    if title and (websites or listing.total() != 1):
        raise wrong_usage("--title is for a single file.")
    pages: list[Document | Unreadable] = []
    passed_over = 0
    with tempfile.TemporaryDirectory(prefix="chatmount-") as folder:
        if websites:
            with progress("Fetching", None, events=events) as advance:
                pages, passed_over = await read_websites(
                    websites,
                    CrawlLimits(depth, max_pages),
                    load_settings(),
                    Path(folder),
                    lambda url: advance("fetched", url),
                )
        total = listing.total() + len(pages)
        documents = itertools.chain(read_files(listing, base_url, title), pages)
        results = await upload_with_progress(scope, documents, total, wait=not no_wait, events=events)
    report(results, listing.passed_over, passed_over)


@group.command("list")
@bot_option
@click.option(
    "--status", "statuses", type=click.Choice(STATUSES), multiple=True, help="Only in this state. Repeatable."
)
@click.option("--text", default="", help="Only with this in the title or the URL, whatever its case.")
@on_chatbot
async def list_(scope: ChatbotScope, statuses: tuple[str, ...], text: str) -> None:
    """List sources, oldest first."""
    chosen = retrieval_pb2.ListSourcesRequest(
        statuses=[retrieval_pb2.SourceStatus.Value(f"SOURCE_STATUS_{status.upper()}") for status in statuses],
        text=text,
    )
    values = [shape(one) for one in await all_rows(scope.sources.ListSources, chosen)]
    empty = f"No sources yet. Add some: chatmount source add --bot {scope.chatbot_id} PATH"
    output.show({"sources": values}, sources_table(values, "No such sources." if statuses or text else empty))


@group.command()
@bot_option
@on_chatbot
async def counts(scope: ChatbotScope) -> None:
    """Count sources by state, what they hold, and how they were last read again."""
    request = retrieval_pb2.GetSourceCountsRequest(include_last_sync=True)
    totals = shape(await scope.sources.GetSourceCounts(request))
    found = {one["status"]: one["sources"] for one in totals.pop("counts")}
    states = {status: found.get(status, 0) for status in STATUSES}
    output.show({"sources": states} | totals, counts_table(states | totals))


group.add_command(wait)
group.add_command(sync)


@group.command()
@bot_option
@click.argument("source", nargs=-1, required=True)
@on_chatbot
async def remove(scope: ChatbotScope, source: tuple[str, ...]) -> None:
    """Remove SOURCE… (ids) with their passages."""
    for one in source:
        with explain_missing("source", one, sources_of(scope)):
            await scope.sources.RemoveSource(retrieval_pb2.RemoveSourceRequest(source_id=one))
    output.show({"removed": list(source)}, f"Removed {', '.join(source)}.")


@group.command()
@bot_option
@click.argument("source", nargs=-1, required=True)
@on_chatbot
async def enable(scope: ChatbotScope, source: tuple[str, ...]) -> None:
    """Search in SOURCE… (ids) again."""
    await _set_enabled(scope, source, True)


@group.command()
@bot_option
@click.argument("source", nargs=-1, required=True)
@on_chatbot
async def disable(scope: ChatbotScope, source: tuple[str, ...]) -> None:
    """Keep SOURCE… (ids), but do not search in them."""
    await _set_enabled(scope, source, False)


async def _set_enabled(scope: ChatbotScope, sources: tuple[str, ...], enabled: bool) -> None:
    values = []
    for source in sources:
        request = retrieval_pb2.SetSourceEnabledRequest(source_id=source, enabled=enabled)
        with explain_missing("source", source, sources_of(scope)):
            values.append(shape((await scope.sources.SetSourceEnabled(request)).source))
    output.show({"sources": values}, sources_table(values))
