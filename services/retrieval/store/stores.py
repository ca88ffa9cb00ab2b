"""All stores of Retrieval, on one database."""

from services.database import Database
from services.retrieval.changes import Changes
from services.retrieval.store.contents import ContentsStore
from services.retrieval.store.ingests import IngestStore
from services.retrieval.store.languages import LanguageStore
from services.retrieval.store.qa_pairs import QaPairStore
from services.retrieval.store.source_lists import SourceLists
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.syncs import SyncStore
from services.retrieval.store.unsettled import UnsettledStore


class Stores:
    """One store for each subject."""

    def __init__(self, database: Database, changes: Changes | None = None) -> None:
        changes = changes or Changes()
        self.sources = SourceStore(database, changes)
        self.source_lists = SourceLists(database)
        self.ingests = IngestStore(database, changes)
        self.qa_pairs = QaPairStore(database, changes)
        self.languages = LanguageStore(database, changes)
        self.unsettled = UnsettledStore(database, changes)
        self.syncs = SyncStore(database)
        self.contents = ContentsStore(database)
