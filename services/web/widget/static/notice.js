// One notice above the field: what happens, or why nothing does. `role=status` reads it out.

import { textButton } from "./buttons.js";
import { node } from "./nodes.js";
import { content, say } from "./texts.js";

export const SECOND = 1000;

export class Notice {
  element = node("div", { className: "notice", role: "status" });
  #timer = 0;
  #kind = "";

  // `kind`: names it for `clear`. `action`: the name of its button and what it does.
  show(kind, text, action) {
    this.clear();
    this.#kind = kind;
    this.element.dataset.kind = kind;
    this.element.append(node("p", {}, text));
    if (!action) return;
    this.element.append(content(textButton("", "quiet", () => {
      this.clear();
      action.run();
    }), action.name));
  }

  // For those who listen alone, until `hush`.
  whisper(text) {
    this.clear();
    this.element.append(node("p", { className: "unseen" }, text));
  }

  hush() {
    if (!this.#kind) this.clear();
  }

  // The seconds tick for the eye; the ear hears the first and the end.
  countDown(seconds, onOver = () => {}) {
    const over = Date.now() + seconds * SECOND;
    const left = () => Math.max(0, Math.ceil((over - Date.now()) / SECOND));
    const seen = node("span", { ariaHidden: "true" }, say("minute", { seconds: left() }));
    const heard = node("span", { className: "unseen" }, say("minute", { seconds: left() }));
    this.show("minute", "");
    this.element.firstChild.append(seen, heard);
    this.#timer = setInterval(() => {
      seen.textContent = say("minute", { seconds: left() });
      if (left() > 0) return;
      this.show("over", say("minute_over"));
      onOver();
    }, SECOND / 4);
  }

  // `kind`: only a notice of this one.
  clear(kind = this.#kind) {
    if (kind !== this.#kind) return;
    clearInterval(this.#timer);
    this.#kind = "";
    delete this.element.dataset.kind;
    this.element.replaceChildren();
  }
}
