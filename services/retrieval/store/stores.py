"""All stores of Retrieval, on one database."""

from services.database import Database
from services.retrieval.store.contents import ContentsStore
from services.retrieval.store.ingests import IngestStore
from services.retrieval.store.languages import LanguageStore
from services.retrieval.store.qa_pairs import QaPairStore
from services.retrieval.store.source_lists import SourceLists
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.unsettled import UnsettledStore


class Stores:
    """One store for each subject."""

    def __init__(self, database: Database) -> None:
        self.sources = SourceStore(database)
        self.source_lists = SourceLists(database)
        self.ingests = IngestStore(database)
        self.qa_pairs = QaPairStore(database)
        self.languages = LanguageStore(database)
        self.unsettled = UnsettledStore(database)
        self.contents = ContentsStore(database)
