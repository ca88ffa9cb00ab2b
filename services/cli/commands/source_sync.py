"""`chatmount source sync`: every source read again from where it was read before."""

import tempfile
from pathlib import Path

import click
from chatmount.retrieval.v1 import retrieval_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
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
from services.cli.documents.upload import Added, Result
from services.cli.failures import explain_missing, missing
from services.cli.grammar import Command
from services.cli.output import output
from services.cli.output.progress import events_option, progress
from services.cli.output.shapes import shape
from services.cli.output.tables import table
from services.config.settings import load_settings


@click.command("sync", cls=Command)
@bot_option
@click.argument("source", nargs=-1)
@click.option("--prune", is_flag=True, help="Remove sources that are gone, instead of only naming them.")
@click.option(
    "--anew", "refetch", is_flag=True, help="Fetch pages even if their server says that they have not changed."
)
@events_option
@on_chatbot
async def sync(scope: ChatbotScope, source: tuple[str, ...], prune: bool, refetch: bool, events: bool) -> None:
    """Read SOURCE… (ids) again from where they were read. Without SOURCE: all of the chatbot.

    Files and folders are read on this machine, pages are fetched if they have changed, sites are crawled again. What
    is new in a folder or on a site is added, unless SOURCE names single ones.
    """
    listed = await all_rows(scope.sources.ListSources, retrieval_pb2.ListSourcesRequest())
    chosen = [one for one in listed if not source or one.id in source]
    if unknown := set(source) - {one.id for one in chosen}:
        raise missing("source", min(unknown), sources_of(scope))
    with tempfile.TemporaryDirectory(prefix="chatmount-") as folder:
        plan = await _read(chosen, Path(folder), only_known=bool(source), refetch=refetch, events=events)
        results = await upload_with_progress(scope, iter(plan.documents), len(plan.documents), events=events)
    removed = await _prune(scope, plan) if prune else set()
    _report(plan, results, removed)


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
        with explain_missing("source", one, sources_of(scope)):
            await scope.sources.RemoveSource(retrieval_pb2.RemoveSourceRequest(source_id=one))
    return set(sure)


def _report(plan: SyncPlan, results: list[Result], removed: set[str]) -> None:
    added = [one for one in results if isinstance(one, Added)]
    failed = [one for one in results if isinstance(one, Unreadable)]
    value = {
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
    fail_if_any(failed, len(results))
