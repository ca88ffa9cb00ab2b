"""`chatmount source`: the pages and files that a chatbot answers from."""

import click
import grpc
from chatmount.retrieval.v1 import retrieval_pb2
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli import output, shapes
from services.cli.commands.source_report import report
from services.cli.documents.document import Document, Unreadable
from services.cli.documents.finding import find, read
from services.cli.documents.upload import Result, upload_all
from services.cli.failures import known, wrong_usage
from services.cli.grammar import Group, wants_json
from services.cli.pages import all_rows
from services.cli.stack import Stack, on_stack

COLUMNS = ("source", "title", "url", "passages", "status", "updated (UTC)")

bot_option = click.option("--bot", required=True, help="Id of the chatbot.")


def _web_address(_: click.Context, __: click.Parameter, value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise click.BadParameter("it must begin with https:// or http://.")
    return value


@click.group(cls=Group, name="source")
def group() -> None:
    """Sources: the pages and files that a chatbot answers from."""


@group.command()
@bot_option
@click.argument("path", nargs=-1, required=True)
@click.option(
    "--base-url",
    default="",
    callback=_web_address,
    help="Public address of the files: a file's URL is this and its relative name.",
)
@click.option("--title", default="", help="Title of a single file, instead of its own.")
@on_stack
async def add(stack: Stack, bot: str, path: tuple[str, ...], base_url: str, title: str) -> None:
    """Add files and folders, or replace what has the same URL.

    Reads .md .txt .html .csv, and .jsonl with one {"url", "title", "text"} a line. Folders are read with all
    folders in them, without hidden files.
    """
    findings = find(path)
    total = findings.total()
    if title and total != 1:
        raise wrong_usage(f"--title is for a single file; these are {total}.")
    scope = await stack.chatbot(bot)
    progress = Progress(
        TextColumn("Adding"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}", style="dim", markup=False),
        console=output.console(stderr=True),
        transient=True,
        disable=wants_json() or not output.console(stderr=True).is_terminal,
    )
    with progress:
        task = progress.add_task("", total=total, name="")

        def advance(document: Document | Unreadable, _: Result) -> None:
            progress.update(task, advance=1, name=output.one_line(document.label))

        try:
            results = await upload_all(scope, read(findings, base_url, title), advance)
        except* grpc.aio.AioRpcError as errors:
            # All workers met the same end; one of them tells it.
            raise _first(errors) from None
    report(results, findings.skipped)


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
    rows = [
        (
            value["id"],
            value["title"],
            value["url"],
            value["passages"],
            value["status"],
            shapes.short(value["updated_at"]),
        )
        for value in values
    ]
    empty = f"No sources yet. Add some: chatmount source add --bot {bot} PATH"
    output.show({"sources": values}, output.table(COLUMNS, rows, empty))


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
    rows = [
        (
            value["id"],
            value["title"],
            value["url"],
            value["passages"],
            value["status"],
            shapes.short(value["updated_at"]),
        )
        for value in values
    ]
    output.show({"sources": values}, output.table(COLUMNS, rows, ""))


def _first(errors: BaseExceptionGroup[grpc.aio.AioRpcError]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
