"""One data set through the product: what is asked, and which figures are made of it."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.retrieval import measures
from bench.retrieval.dataset import Dataset, Question
from bench.retrieval.product import AS_CHAT_ASKS, PASSAGES, Filled, Found, Product

TOP = 3
KEPT = 0.97
THRESHOLDS = (0.40, 0.45)

OFF_TOPIC_QUESTIONS = 300


@dataclass
class Result:
    """`scores`: by figure, by question, 0…1. `facts`: what is one number for the whole set."""

    name: str
    scores: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    facts: dict[str, float] = field(default_factory=dict)
    best_sentences: dict[str, float] = field(default_factory=dict)
    chatbots: list[Filled] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "scores": self.scores, "facts": self.facts}


def evaluate(product: Product, dataset: Dataset) -> Result:
    """Fills a chatbot for each site, then asks everything, one question after the other."""
    result = Result(dataset.name)
    seconds: dict[int, list[float]] = {AS_CHAT_ASKS: [], PASSAGES: []}
    result.chatbots = [product.fill(site) for site in dataset.sites]
    for site, chatbot in zip(dataset.sites, result.chatbots, strict=True):
        for number, question in enumerate(site.questions):
            # Only what is asked for first is timed: then some of its passages are remembered.
            timed = (AS_CHAT_ASKS, PASSAGES)[number % 2]
            seconds[timed].append(product.search(chatbot.tenant, question, limit=timed).seconds)
            _score_question(result, question, product.search(chatbot.tenant, question))
            if question.answerable:
                one_sentence = product.one_sentence(chatbot.tenant, question)
                _score_answer(result, question, product.answer(chatbot.tenant, question), one_sentence)
            elif question.answerable is False:
                _, has_source = product.answer(chatbot.tenant, question)
                result.scores["refused, unanswerable"][question.id] = float(not has_source)
        for kind, questions in (("follow-ups", site.follow_ups), ("topic change", site.topic_changes())):
            for question in questions:
                if question.relevant:
                    found = product.search(chatbot.tenant, question, limit=AS_CHAT_ASKS)
                    key = f"{site.name}/{question.id}"
                    result.scores[f"{kind}: page H@1"][key] = measures.hit(found.pages, question.relevant, 1)
        result.questions += site.questions
    passages = sum(chatbot.passages for chatbot in result.chatbots)
    result.facts |= {
        "passages": passages,
        "passages/s ingested": passages / sum(chatbot.seconds for chatbot in result.chatbots),
        "retrieval MB resident": product.memory_mb(),
    }
    for limit, taken in seconds.items():
        if taken:
            result.facts |= {
                f"search, {limit} passages: p50 ms": measures.percentile(taken, 0.5) * 1000,
                f"search, {limit} passages: p99 ms": measures.percentile(taken, 0.99) * 1000,
            }
    return result


def _score_question(result: Result, question: Question, found: Found) -> None:
    if not question.relevant or question.answerable is False:
        return
    if found.best_sentence is not None:
        result.best_sentences[question.id] = found.best_sentence
    figures: dict[str, Callable[[Sequence[str], frozenset[str]], float]] = {
        "page H@1": lambda pages, right: measures.hit(pages, right, 1),
        "page H@3": lambda pages, right: measures.hit(pages, right, 3),
        "page H@5": lambda pages, right: measures.hit(pages, right, 5),
        "page recall@3": lambda pages, right: measures.recall(pages, right, 3),
        "page MRR@10": measures.reciprocal_rank,
        "page nDCG@10": measures.ndcg,
    }
    for name, figure in figures.items():
        result.scores[name][question.id] = figure(found.pages, question.relevant)
    if question.answers:
        text = "\n".join(found.texts[:TOP])
        result.scores["answer in top 3 passages"][question.id] = measures.contains_answer(text, question.answers)


def _score_answer(result: Result, question: Question, answer: tuple[str, bool], one_sentence: str) -> None:
    text, has_source = answer
    result.scores["answered, not refused"][question.id] = float(has_source)
    # What is refused is not said with one sentence either.
    one = measures.contains_answer(one_sentence, question.answers) if has_source else 0.0
    result.scores["answer, one sentence"][question.id] = one
    result.scores["answer, two sentences"][question.id] = measures.contains_answer(text, question.answers)


def ask_off_topic(product: Product, results: Sequence[Result]) -> None:
    """Ask each set's chatbots the questions of other sets, and add how well cosines differ."""
    for result in results:
        foreign = [question for other in results if other is not result for question in other.questions]
        if not foreign or not result.best_sentences:
            continue
        chance = random.Random(result.name)
        scores = []
        for question in chance.sample(foreign, min(OFF_TOPIC_QUESTIONS, len(foreign))):
            found = product.search(chance.choice(result.chatbots).tenant, question, limit=AS_CHAT_ASKS)
            scores.append(found.best_sentence or 0.0)
        own = list(result.best_sentences.values())
        threshold, refused = measures.refused_when_kept(own, scores, KEPT)
        result.facts |= {
            "threshold that keeps 97 %": threshold,
            "off-topic refused at it": refused,
        }
        for fixed in THRESHOLDS:
            result.facts |= {
                f"kept at {fixed:.2f}": sum(score >= fixed for score in own) / len(own),
                f"off-topic refused at {fixed:.2f}": sum(score < fixed for score in scores) / len(scores),
            }
