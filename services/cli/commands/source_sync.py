"""`chatmount source sync`: sources read again from where they were read before."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import click
from chatmount.retrieval.v1 import retrieval_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope, bot_option, open_stack
from services.cli.commands.source_report import (
    RESULT_COLUMNS,
    fail_if_any,
    failures,
    result_shape,
    row,
    skipped_values,
    sources_of,
)
from services.cli.commands.source_upload import upload_with_progress
from services.cli.documents.document import Unreadable
from services.cli.documents.files import kinds_and_counts
from services.cli.documents.sync import SyncPlan, by_origin
from services.cli.documents.sync_record import sync_record
from services.cli.documents.upload import Added, Result
from services.cli.failures import CommandFailed, Missing, describe, explain_missing, missing
from services.cli.grammar import Command, wants_json
from services.cli.options.times import Interval
from services.cli.output import output
from services.cli.output.progress import events_option, progress
from services.cli.output.shapes import Shape, shape
from services.cli.output.tables import table
from services.cli.repeating import repeat, until_signal
from services.clock import system_clock
from services.config.settings import load_settings

Outcome = tuple[list[Unreadable], int]
"""What could not be read, and of how many."""


@click.command("sync", cls=Command)
@bot_option
@click.argument("source", nargs=-1)
@click.option("--prune", is_flag=True, help="Remove sources that are gone, instead of only naming them.")
@click.option("--refetch", is_flag=True, help="Fetch pages even if their server says that they have not changed.")
@click.option("--every", type=Interval(), help="Do it now, and again every 30m, 6h or 1d until Ctrl-C.")
@events_option
def sync(bot: str, source: tuple[str, ...], prune: bool, refetch: bool, every: int | None, events: bool) -> None:
    """Read SOURCE… (ids) again from where they were read. Without SOURCE: all of the chatbot.

    Files and folders are read on this machine, pages are fetched if they have changed, sites are crawled again. What
    is new in a folder or on a site is added, unless SOURCE names single ones.
    """

    async def run() -> Outcome:
        # Opened for each run: meanwhile the stack may have been started again, at other addresses.
        async with open_stack(load_settings()) as stack:
            return await _sync(
                await stack.chatbot(bot), source, prune=prune, refetch=refetch, every=every or 0, events=events
            )

    if every is None:
        fail_if_any(*asyncio.run(run()))
    else:
        asyncio.run(until_signal(_keep(run, every)))


async def _keep(run: Callable[[], Awaitable[Outcome]], every: int) -> None:
    async def run_and_tell() -> None:
        outcome = await run()
        try:
            fail_if_any(*outcome)
        except CommandFailed as failure:
            output.complain(str(failure))

    def tell(error: Exception) -> None:
        line, _ = describe(error)
        output.complain(line)
        if wants_json():
            output.print_json({"error": line})

    await repeat(run_and_tell, every, tell)


async def _sync(
    scope: ChatbotScope, source: tuple[str, ...], *, prune: bool, refetch: bool, every: int, events: bool
) -> Outcome:
    began = system_clock()
    listed = await all_rows(scope.sources.ListSources, retrieval_pb2.ListSourcesRequest())
    chosen = [one for one in listed if not source or one.id in source]
    if unknown := set(source) - {one.id for one in chosen}:
        raise missing("source", min(unknown), sources_of(scope))
    with tempfile.TemporaryDirectory(prefix="chatmount-") as folder:
        plan = await _read(chosen, Path(folder), only_known=bool(source), refetch=refetch, events=events)
        results = await upload_with_progress(scope, iter(plan.documents), len(plan.documents), events=events)
    removed = await _prune(scope, plan) if prune else set()
    record = sync_record(plan, results, began_at=began, ended_at=system_clock(), every_seconds=every)
    # A look at single sources by hand tells nothing of the others.
    if every or not source:
        await scope.sources.RecordSync(retrieval_pb2.RecordSyncRequest(sync=record))
    times = shape(record)
    _report(plan, results, removed, {"began_at": times["began_at"], "ended_at": times["ended_at"]})
    return [one for one in results if isinstance(one, Unreadable)], len(results)


async def _read(
    chosen: list[retrieval_pb2.Source], folder: Path, *, only_known: bool, refetch: bool, events: bool
) -> SyncPlan:
    from services.cli.crawl.fetch import open_fetcher

    settings = load_settings()
    origins = by_origin(chosen)
    plan = SyncPlan(only_known, origins.unknown)
    for origin, sources in origins.files.items():
        plan.add_files(origin, sources)
    with progress("Fetching", None, events=events) as advance:
        async with open_fetcher(settings.maximum_source_bytes, settings.crawl_networks) as fetcher:
            for number, (walk, pages) in enumerate(origins.sites.items()):
                if refetch:
                    pages = {url: (source, page.without_conditions()) for url, (source, page) in pages.items()}
                await plan.add_site(fetcher, walk, pages, folder / str(number), lambda url: advance("fetched", url))
    return plan


async def _prune(scope: ChatbotScope, plan: SyncPlan) -> set[str]:
    sure = [one.source.id for one in plan.gone if one.is_sure]
    for one in sure:
        # Who removed it meanwhile wanted the same.
        with suppress(Missing), explain_missing("source", one, sources_of(scope)):
            await scope.sources.RemoveSource(retrieval_pb2.RemoveSourceRequest(source_id=one))
    return set(sure)


def _report(plan: SyncPlan, results: list[Result], removed: set[str], times: Shape) -> None:
    added = [one for one in results if isinstance(one, Added)]
    failed = [one for one in results if isinstance(one, Unreadable)]
    value = {
        **times,
        "sources": [
            *map(result_shape, added),
            *(shape(one) | {"unchanged": True} for one in plan.unchanged),
        ],
        "failed": failures(failed),
        "gone": [
            {"id": one.source.id, "url": one.source.url, "reason": one.reason, "removed": one.source.id in removed}
            for one in plan.gone
        ],
        "unknown": [{"id": one.id, "url": one.url} for one in plan.unknown],
        **skipped_values(plan.skipped),
        "pages_passed_over": plan.passed_over,
    }
    changed = [one for one in results if isinstance(one, Unreadable) or not one.unchanged]
    rows = [row(one) for one in changed]
    rows += [
        (one.source.id, one.reason, one.source.url, None, "removed" if one.source.id in removed else "gone")
        for one in plan.gone
    ]
    parts = [
        (len(changed) - len(failed), "new or changed"),
        (len(added) + len(plan.unchanged) - (len(changed) - len(failed)), "unchanged"),
        (len(failed), "failed"),
        (len(removed), "removed"),
        (len(plan.gone) - len(removed), "gone but kept"),
        (len(plan.unknown), "of unknown origin"),
        (plan.passed_over, "linked pages passed over"),
        (plan.skipped.total(), f"files passed over ({kinds_and_counts(plan.skipped)})"),
    ]
    summary = ", ".join(f"{count:,} {what}" for count, what in parts if count) or "Nothing to read again"
    output.show(value, Lines(table(RESULT_COLUMNS, rows, "No changes."), Text(f"\n{summary}.")))
