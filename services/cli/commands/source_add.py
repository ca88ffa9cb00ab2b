"""The two long parts of `source add`, each with its progress bar."""

from collections.abc import Iterator
from pathlib import Path

import grpc
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli import output
from services.cli.documents.document import Document, Unreadable
from services.cli.documents.upload import Result, upload_all
from services.cli.documents.website import read_websites
from services.cli.grammar import wants_json
from services.cli.stack import ChatbotScope
from services.crawl.crawl import Limits
from services.settings import Settings


async def fetched(
    settings: Settings, websites: list[str], limits: Limits, folder: Path
) -> tuple[list[Document | Unreadable], int]:
    """See read_websites."""
    if not websites:
        return [], 0
    progress = Progress(
        TextColumn("Fetching"),
        MofNCompleteColumn(),
        TextColumn("{task.fields[name]}", style="dim", markup=False),
        console=output.console(stderr=True),
        transient=True,
        disable=wants_json() or not output.console(stderr=True).is_terminal,
    )
    with progress:
        task = progress.add_task("", total=None, name="")
        return await read_websites(
            websites,
            limits,
            settings,
            folder,
            lambda url: progress.update(task, advance=1, name=output.one_line(url)),
        )


async def uploaded(scope: ChatbotScope, documents: Iterator[Document | Unreadable], total: int) -> list[Result]:
    """See upload_all."""
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
            return await upload_all(scope, documents, advance)
        except* grpc.aio.AioRpcError as errors:
            # All workers met the same end; one of them tells it.
            raise _first(errors) from None
    raise AssertionError("uploading returns or raises")


def _first(errors: BaseExceptionGroup[grpc.aio.AioRpcError]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
