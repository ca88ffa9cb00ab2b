"""`chatmount index`: the search index, held against the tables."""

import click
from chatmount.retrieval.v1 import index_pb2

from services.cli.calls.stack import Stack, on_stack
from services.cli.failures import CommandFailed
from services.cli.grammar import Group
from services.cli.output import output, shapes

COLUMNS = ("chatbot", "source", "what", "entries")


@click.group(cls=Group)
def index() -> None:
    """The search index, which is made of the tables and can be made anew."""


@index.command()
@click.option("--bot", default="", help="Only this chatbot.")
@click.option("--repair", is_flag=True, help="Index anew what is missing or wrong, and remove what does not belong.")
@on_stack
async def verify(stack: Stack, bot: str, repair: bool) -> None:
    """Compare every stored passage and question with the index; exit code 1 when anything is wrong.

    For all chatbots, also while sources are added; what is being indexed at the moment is left out. Tells what is
    missing, what belongs to a removed source or another chatbot, and what is searched although it is switched off.
    """
    service = (await stack.chatbot(bot)).index if bot else stack.index
    chatbots = stored = indexed = under_way = repaired = 0
    faults: list[shapes.Shape] = []
    seen = ""
    async for part in service.VerifyIndex(index_pb2.VerifyIndexRequest(repair=repair)):
        chatbots += part.chatbot_id != seen
        seen = part.chatbot_id
        stored, indexed = stored + part.stored, indexed + part.indexed
        under_way, repaired = under_way + part.under_way, repaired + part.repaired
        faults += [_fault(part.chatbot_id, fault) for fault in part.faults]
    value = {
        "chatbots": chatbots,
        "stored": stored,
        "indexed": indexed,
        "under_way": under_way,
        "repaired": repaired,
        "faults": faults,
    }
    rows = [(one["chatbot_id"], one["source_id"] or one["version"], one["what"], one["entries"]) for one in faults]
    well = f"The index is right: {stored:,} passages and questions of {chatbots:,} chatbot{'s' * (chatbots != 1)}."
    output.show(value, output.table(COLUMNS, rows, well))
    if repaired:
        output.note(f"{repaired} entries were repaired.")
    if under_way:
        output.note(f"{under_way} entries are being indexed; of them nothing is said.")
    if faults:
        wrong = sum(int(str(one["entries"])) for one in faults)
        raise CommandFailed(
            f"{wrong} entries of the index are wrong; `chatmount index verify --repair` puts them right."
        )


def _fault(chatbot_id: str, fault: index_pb2.IndexFault) -> shapes.Shape:
    return {
        "chatbot_id": chatbot_id,
        "source_id": fault.source_id,
        "version": fault.version,
        "what": fault.what,
        "entries": fault.entries,
    }
