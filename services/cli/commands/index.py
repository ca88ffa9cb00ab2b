"""`chatmount index`: the search index, compared with the tables."""

import click
from chatmount.retrieval.v1 import index_pb2

from services.cli.calls.stack import Stack, on_stack
from services.cli.failures import CommandFailed
from services.cli.grammar import Group
from services.cli.output import output
from services.cli.output.shapes import Shape, shape
from services.cli.output.tables import Columns, listing

COLUMNS: Columns = {
    "chatbot": "chatbot_id",
    "source": lambda fault: fault["source_id"] or fault["version"],
    "what": "what",
    "entries": "entries",
}


@click.group(cls=Group)
def index() -> None:
    """The search index, which can be rebuilt from the tables."""


@index.command()
@click.option("--bot", default="", help="Only this chatbot.")
@click.option("--repair", is_flag=True, help="Index what is missing or wrong again, and remove what does not belong.")
@on_stack
async def verify(stack: Stack, bot: str, repair: bool) -> None:
    """Compare every stored passage and question with the index.

    The exit code is 1 when anything is wrong. Compares all chatbots, also while sources are added; leaves out what is
    being indexed at the moment. Reports what is missing, what belongs to a removed source or another chatbot, and what
    is searched although it is disabled.
    """
    service = (await stack.chatbot(bot)).index if bot else stack.index
    seen: set[str] = set()
    counts = dict.fromkeys(("stored", "indexed", "under_way", "repaired"), 0)
    faults: list[Shape] = []
    async for part in service.VerifyIndex(index_pb2.VerifyIndexRequest(repair=repair)):
        seen.add(part.chatbot_id)
        counts = {name: count + getattr(part, name) for name, count in counts.items()}
        faults += [{"chatbot_id": part.chatbot_id, **shape(fault)} for fault in part.faults]
    well = f"The index is right: {counts['stored']:,} passages and questions of {len(seen):,} chatbot"
    well += "." if len(seen) == 1 else "s."
    output.show({"chatbots": len(seen), **counts, "faults": faults}, listing(faults, COLUMNS, well))
    if counts["repaired"]:
        output.note(f"{counts['repaired']} entries were repaired.")
    if counts["under_way"]:
        output.note(f"{counts['under_way']} entries are being indexed and were not compared.")
    if faults:
        wrong = sum(fault["entries"] for fault in faults)
        raise CommandFailed(
            f"{wrong} entries of the index are wrong; `chatmount index verify --repair` puts them right."
        )
