// The field for a question, and the button that sends it or stops the answer.

import { rename } from "./buttons.js";
import { icon } from "./icons.js";
import { node } from "./nodes.js";
import { LONGEST_MESSAGE } from "./settings.js";
import { label, placeholder, say } from "./texts.js";

export class Composer {
  #field = node("textarea", { rows: 1, dir: "auto", id: "question", enterKeyHint: "send", autocomplete: "off" });
  #button = node("button", { type: "submit", className: "send" });
  #excess = node("p", { className: "excess", id: "excess", role: "alert" });
  #onSend;
  #onStop;
  #isAsking = false;
  #isHeld = false;

  constructor({ onSend, onStop }) {
    this.#onSend = onSend;
    this.#onStop = onStop;
    placeholder(label(this.#field, "placeholder"), "placeholder");
    this.#field.setAttribute("aria-describedby", "excess");
    const box = node("div", { className: "box" }, this.#field, this.#button);
    this.element = node("form", { className: "composer", noValidate: true }, box, this.#excess);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#press();
    });
    this.#field.addEventListener("input", () => this.#look());
    this.#field.addEventListener("keydown", (event) => {
      // Enter also ends a word that is being composed; Safari tells of it by the old number alone.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      if (!this.#isAsking) this.#press();
    });
    this.#look();
  }

  focus() {
    (this.#field.disabled ? this.element.querySelector(":enabled") : this.#field)?.focus();
  }

  // While an answer comes in, the button stops it.
  set isAsking(isAsking) {
    this.#isAsking = isAsking;
    this.#look();
  }

  get isHeld() {
    return this.#isHeld;
  }

  // While nothing can be sent. What is typed stays.
  set isHeld(isHeld) {
    this.#isHeld = isHeld;
    this.#look();
  }

  // Nothing will be sent any more.
  disable() {
    this.#field.disabled = true;
    this.#button.disabled = true;
  }

  // A question that was not taken comes back, before what was typed since.
  giveBack(question) {
    const typed = this.#field.value.trim();
    this.#field.value = typed ? `${question}\n${typed}` : question;
    this.#look();
  }

  #press() {
    if (this.#isAsking) this.#onStop();
    else if (this.#canSend()) {
      const question = this.#field.value.trim();
      this.#field.value = "";
      this.#onSend(question);
    }
    this.#look();
    this.#field.focus();
  }

  #canSend() {
    return this.#field.value.trim() && !this.#isHeld && this.#tooMany() === 0;
  }

  // Characters as people count them: an emoji outside the first plane is one.
  #tooMany() {
    return Math.max(0, [...this.#field.value.trim()].length - LONGEST_MESSAGE);
  }

  #look() {
    const count = this.#tooMany();
    this.#excess.textContent = count ? say("too_long", { count }) : "";
    this.#field.setAttribute("aria-invalid", String(count > 0));
    this.#button.replaceChildren(icon(this.#isAsking ? "stop" : "send"));
    this.#button.setAttribute("aria-disabled", String(!this.#isAsking && !this.#canSend()));
    rename(this.#button, this.#isAsking ? "stop" : "send");
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }
}
