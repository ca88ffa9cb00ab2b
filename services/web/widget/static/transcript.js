// What was asked and answered. A screen reader hears whole messages, each once; what streams in stands outside its log.

import { Answer } from "./answer.js";
import { iconButton } from "./buttons.js";
import { node, written } from "./nodes.js";
import { Follower } from "./follower.js";
import { opening } from "./opening.js";
import { content, label } from "./texts.js";

export class Transcript {
  #log = label(node("div", { className: "log", role: "log" }), "conversation");
  #current = node("div", { className: "current" });
  #scroller;
  #opening;
  #onAsk;

  constructor(onAsk) {
    this.#onAsk = onAsk;
    const inner = node("div", { className: "inner" }, this.#log, this.#current);
    this.#scroller = label(node("section", { className: "transcript", tabIndex: 0 }, inner), "conversation");
    this.follower = new Follower(this.#scroller, inner);
    const looks = { className: "icon-button newest", hidden: true };
    const newest = iconButton("newest", "newest", () => this.#goToEnd(), looks);
    this.follower.onMove = (isAtEnd) => (newest.hidden = isAtEnd);
    this.element = node("div", { className: "middle" }, this.#scroller, newest);
    this.clear();
  }

  focus() {
    this.#scroller.focus();
  }

  // The button that was pressed hides itself.
  #goToEnd() {
    this.follower.toEnd();
    this.focus();
  }

  // As if nothing had been asked.
  clear() {
    this.#opening = opening(this.#onAsk);
    this.#log.replaceChildren(this.#opening.greeting);
    this.#current.replaceChildren();
    this.follower.rest();
  }

  // Questions to click on, where nothing was asked yet.
  suggest() {
    const isEmpty = this.#log.childElementCount === 1 && !this.#current.childElementCount;
    if (isEmpty) this.#current.append(this.#opening.suggestions);
  }

  // Something is on its way.
  set isWaiting(isWaiting) {
    this.element.classList.toggle("waiting", isWaiting);
    this.element.ariaBusy = String(isWaiting);
  }

  // What was there before is not read out.
  restore(turns, onAgain, onRatingFailed) {
    this.#log.ariaLive = "off";
    const shown = turns.flatMap((turn, index) => {
      const answer = new Answer();
      answer.add(turn.answer ?? "");
      answer.sources = turn.sources;
      const isLast = index === turns.length - 1;
      answer.end(turn.broken_off ? "broke_off" : "", isLast && (() => onAgain(turn.question)));
      answer.allowRating(turn.request_id, turn.rating, onRatingFailed);
      return [this.#question(turn.question), answer.element];
    });
    this.#opening.greeting.after(...shown);
    if (turns.length) this.follower.toEnd();
    setTimeout(() => (this.#log.ariaLive = "polite"), 100);
  }

  // A question, and the place of its answer.
  begin(question) {
    const asked = this.#question(question);
    const answer = new Answer();
    this.#log.append(asked);
    this.#current.replaceChildren(answer.element);
    this.follower.toEnd();
    return {
      answer,
      keep: () => this.#log.append(answer.element),
      // Whether there was anything.
      forgetEarlier: () => {
        const isAnything = this.#log.childElementCount > 2;
        this.#log.replaceChildren(this.#opening.greeting, asked);
        return isAnything;
      },
      takeBack: () => {
        asked.remove();
        answer.element.remove();
        this.suggest();
      },
    };
  }

  #question(text) {
    const said = content(node("span", { className: "unseen" }), "asked");
    return node("div", { className: "question" }, said, written("p", text));
  }
}
