// Whether an answer helped, and what was missing.

import { iconButton, textButton } from "./buttons.js";
import { rate } from "./conversation.js";
import { node } from "./nodes.js";
import { content, label, placeholder } from "./texts.js";

const LONGEST_COMMENT = 500;

export class Rating {
  // The log reads out answers, not what can be done with them.
  element = node("div", { className: "rating", ariaLive: "off" });
  #id;
  #rating;
  #onFailed;
  #buttons = { up: this.#button("up", "helpful"), down: this.#button("down", "unhelpful") };
  #said = node("p", { className: "said", role: "status" });

  constructor(id, rating, onFailed) {
    this.#id = id;
    this.#rating = rating ?? "";
    this.#onFailed = onFailed;
    this.element.append(node("div", { className: "row" }, this.#buttons.up, this.#buttons.down, this.#said));
    this.#look();
  }

  #button(rating, name) {
    return iconButton(rating, name, () => this.#choose(this.#rating === rating ? "" : rating));
  }

  async #choose(rating) {
    const before = this.#rating;
    this.#rating = rating;
    this.#look();
    this.#form()?.remove();
    if (!(await this.#send(rating))) {
      this.#rating = before;
      return this.#look();
    }
    if (rating === "down") this.#askWhy();
    if (rating === "up") content(this.#said, "thanks");
  }

  #look() {
    for (const [rating, button] of Object.entries(this.#buttons)) button.ariaPressed = String(this.#rating === rating);
    delete this.#said.dataset.content;
    this.#said.replaceChildren();
  }

  #form() {
    return this.element.querySelector("form");
  }

  #askWhy() {
    const field = node("textarea", { rows: 2, dir: "auto", maxLength: LONGEST_COMMENT });
    placeholder(label(field, "comment"), "comment");
    const end = () => {
      form.remove();
      this.#buttons.down.focus();
    };
    const send = content(node("button", { type: "submit", className: "small main" }), "send");
    const cancel = content(textButton("", "small", end), "cancel");
    const form = node("form", {}, field, node("div", { className: "row" }, send, cancel));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (field.value.trim() && !(await this.#send("down", field.value.trim()))) return;
      end();
      content(this.#said, "thanks");
    });
    this.element.append(form);
    field.focus();
    form.scrollIntoView({ block: "nearest" });
  }

  // Whether it was taken.
  async #send(rating, comment) {
    try {
      await rate(this.#id, rating, comment);
      return true;
    } catch {
      this.#onFailed();
      return false;
    }
  }
}
