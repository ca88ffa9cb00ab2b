"""The two long parts of `source add`, each with its progress."""

from collections.abc import Iterator
from pathlib import Path

from services.cli.calls.stack import ChatbotScope
from services.cli.commands.source_progress import progress
from services.cli.crawl.results import CrawlLimits
from services.cli.documents.document import Document, Unreadable
from services.cli.documents.upload import Result, upload_all
from services.cli.documents.website import read_websites
from services.config.settings import Settings


async def fetched(
    settings: Settings, websites: list[str], limits: CrawlLimits, folder: Path, *, events: bool
) -> tuple[list[Document | Unreadable], int]:
    """See read_websites."""
    if not websites:
        return [], 0
    with progress("Fetching", None, events=events) as told:
        return await read_websites(websites, limits, settings, folder, lambda url: told("fetched", url))


async def uploaded(
    scope: ChatbotScope, documents: Iterator[Document | Unreadable], total: int, *, wait: bool = True, events: bool
) -> list[Result]:
    """See upload_all."""
    with progress("Adding", total, events=events) as told:

        def advance(document: Document | Unreadable, result: Result) -> None:
            if isinstance(result, Unreadable):
                told("failed", document.label, error=result.reason)
            elif result.unchanged:
                told("unchanged", document.label)
            else:
                told("added" if wait else "accepted", document.label, result.source.passages)

        try:
            return await upload_all(scope, documents, advance, wait=wait)
        except* Exception as errors:
            # All workers met the same end; one of them tells it.
            raise _first(errors) from None
    raise AssertionError("uploading returns or raises")


def _first(errors: BaseExceptionGroup[Exception]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
