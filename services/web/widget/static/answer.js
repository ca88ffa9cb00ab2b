// An answer: its text, what it rests on, and how it ended.

import { AnswerText } from "./answer_text.js";
import { textButton } from "./buttons.js";
import { node } from "./nodes.js";
import { Rating } from "./rating.js";
import { appearance } from "./settings.js";
import { sourceList } from "./sources.js";
import { content } from "./texts.js";

export class Answer {
  #text = new AnswerText();
  #dots = node("div", { className: "dots", ariaHidden: "true" }, node("i"), node("i"), node("i"));
  #sources = [];

  constructor() {
    const said = content(node("span", { className: "unseen" }), "answered");
    this.element = node("div", { className: "answer" }, said, this.#dots);
  }

  get text() {
    return this.#text.text;
  }

  add(part) {
    if (this.#dots.isConnected) this.#dots.replaceWith(this.#text.element);
    this.#text.add(part);
  }

  set sources(sources) {
    this.#sources = sources ?? [];
  }

  // `remark`: the name of what is said of its end, if anything. `onAgain`: asks once more, unless something else runs.
  end(remark, onAgain) {
    this.#dots.replaceWith(this.#text.element);
    this.#text.end();
    if (appearance.sources && this.#sources.length) this.element.append(sourceList(this.#sources));
    if (!remark) return;
    const row = node("div", { className: "remark" }, content(node("p"), remark));
    if (onAgain) {
      const again = content(textButton("", "small", () => onAgain() && again.remove()), "again");
      row.append(again);
    }
    this.element.append(row);
  }

  // Visitors say of an answer whether it helped.
  allowRating(id, rating, onFailed) {
    if (appearance.ratings && id && this.text) this.element.append(new Rating(id, rating, onFailed).element);
  }
}
