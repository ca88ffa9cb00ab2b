"""Runs the prepared model. Needs numpy, ONNX Runtime and tokenizers; no network, no torch."""

import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from services.retrieval.embedders.embedder import Matrix, ModelRefused, PassageText, PassageVectors, Vector
from services.retrieval.embedders.minilm.batches import PassageBatches
from services.retrieval.embedders.minilm.manifest import MINILM, Manifest, read_manifest
from services.retrieval.embedders.minilm.rows import Row, inputs, sentence_rows, whole_row
from services.retrieval.embedders.niceness import give_way
from services.retrieval.embedders.prefixes import NO_PREFIXES, prefixed
from services.retrieval.embedders.scale import AS_THEY_ARE

MAX_CHARACTERS = 16_384
"""Beyond the last token that counts in any text made of words; spares the tokenizer megabytes that would be cut off."""

PASSAGE_NICENESS = 5
"""Of the threads that embed passages: under load the processors go to queries first."""

MAX_THREADS = 16


class MiniLMEmbedder:
    """all-MiniLM-L6-v2, int8.

    Each inference runs on one thread; batches run beside each other on several. One thread per inference costs half the
    CPU time of two for a question, and texts are many: they fill the processors without splitting any of them. Queries
    have threads of their own, so they never stand in the line of passages.
    """

    kind = MINILM
    languages: frozenset[str] | None = frozenset({"en"})
    scale = AS_THEY_ARE
    prefixes = NO_PREFIXES

    def __init__(self, manifest: Manifest, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, threads: int):
        self.name = manifest.name
        self.dimension = manifest.dimension
        self._window = manifest.max_tokens
        self._session = session
        self._tokenizer = tokenizer
        self._queries = ThreadPoolExecutor(threads, "embed-query")
        self._passages = ThreadPoolExecutor(threads, "embed-passages", initializer=_be_nice)
        self._batches = PassageBatches(self._embed, self._passages, threads)

    @classmethod
    def load(cls, directory: Path, threads: int | None = None) -> Self:
        """Load what `prepare` made, about 0.2 s.

        `threads` is per path; by default one per processor. Raises ModelRefused when a file is missing or is not the
        one that the manifest describes.
        """
        manifest = read_manifest(directory, cls.kind)
        try:
            session = _session(directory / manifest.files["model"])
            tokenizer = Tokenizer.from_file(str(directory / manifest.files["tokenizer"]))
        except Exception as error:  # both libraries raise classes of their own, and plain Exception
            raise ModelRefused(f"the model in {directory} can't be loaded: {type(error).__name__}") from error
        tokenizer.enable_truncation(manifest.max_tokens)
        tokenizer.no_padding()
        return cls(manifest, session, tokenizer, threads or min(_processors(), MAX_THREADS))

    async def open(self, dimension: int | None = None) -> None:
        """Pay the costs of the first inference before the first question does."""
        await self.embed_query("ready")

    async def embed_query(self, text: str) -> Vector:
        return await asyncio.get_running_loop().run_in_executor(self._queries, self._embed_one, text)

    async def embed_with_sentences(self, passages: Sequence[PassageText]) -> list[PassageVectors]:
        loop = asyncio.get_running_loop()
        rows = await loop.run_in_executor(self._passages, self._sentence_rows, passages)
        embedded = iter(await self._batches.embed([row for of_one in rows for row in of_one]))
        vectors = []
        for of_one in rows:
            parts = [next(embedded) for _ in of_one]
            vectors.append(PassageVectors(parts[0][0], np.concatenate([part[1:] for part in parts])))
        return vectors

    async def close(self) -> None:
        for threads in (self._queries, self._passages):
            threads.shutdown(wait=False, cancel_futures=True)

    def _rows(self, texts: Sequence[str]) -> list[Row]:
        return [whole_row(ids) for ids in self._tokenise(texts)]

    def _sentence_rows(self, passages: Sequence[PassageText]) -> list[list[Row]]:
        """Of each passage; one without sentences is a text like others."""
        begin, end = self._tokenise([""])[0]
        paths = self._tokenise([self._heading(passage.path) for passage in passages], is_whole=False)
        sentences = iter(self._tokenise([text for one in passages for text in one.sentences], is_whole=False))
        return [
            sentence_rows([begin, *path], [next(sentences) for _ in passage.sentences], end, self._window)
            if passage.sentences
            else self._rows([prefixed(self.prefixes.passage, passage.whole)])
            for passage, path in zip(passages, paths, strict=True)
        ]

    def _heading(self, path: str) -> str:
        """What stands in front of each sentence."""
        return prefixed(self.prefixes.passage, f"{path}:" if path else "")

    def _tokenise(self, texts: Sequence[str], *, is_whole: bool = True) -> list[list[int]]:
        """`is_whole`: with the tokens that begin and end a text."""
        texts = [_encodable(text) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts, add_special_tokens=is_whole)]

    def _embed_one(self, text: str) -> Vector:
        vector: Vector = self._embed(self._rows([prefixed(self.prefixes.query, text)]))[0][0]
        return vector

    def _embed(self, rows: Sequence[Row]) -> list[Matrix]:
        output: NDArray[np.float32] = self._session.run(None, inputs(rows))[0]
        return [vectors[: 1 + row.sentences] for row, vectors in zip(rows, output, strict=True)]


def _session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Patterns keep what they learned of every shape. The arena keeps what the largest batch needed, and spares
    # every inference the page faults of large allocations.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    # That fusion replaces two fast kernels by one which takes several times as long as both.
    slow = {"SkipLayerNormFusion"}
    return onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"], disabled_optimizers=slow)


def _encodable(text: str) -> str:
    """Lone surrogates, which JSON can carry, would make the tokenizer raise."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _processors() -> int:
    """Those that this process may use, which in a container are fewer than the machine's."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _be_nice() -> None:
    # On Linux a thread has a niceness of its own; elsewhere this would slow down the whole process.
    if sys.platform == "linux":
        give_way(threading.get_native_id(), PASSAGE_NICENESS)
