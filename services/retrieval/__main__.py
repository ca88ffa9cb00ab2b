"""The Retrieval process: `python -m services.retrieval`."""

from services.config.settings import Settings
from services.retrieval.build import SERVICE, configured_embedder, multilingual_embedder, open_retrieval
from services.retrieval.embedders.embedder import EmbedderUnavailable, ModelRefused
from services.retrieval.index.edge.shard import IndexInUse
from services.rpc.process import Open, Part, run_parts


def prepare(settings: Settings) -> Open:
    """What opens Retrieval. ModelRefused, or SettingsError for a setting that can't be used."""
    embedder = configured_embedder(settings)
    return lambda *_: open_retrieval(settings, embedder, multilingual=multilingual_embedder(settings))


PART = Part(SERVICE, prepare, refusals=(ModelRefused, EmbedderUnavailable, IndexInUse))


def main() -> None:
    """Serve until it is told to stop."""
    run_parts([PART])


if __name__ == "__main__":
    main()
