// What is seldom wanted, behind a button.

import { iconButton, textButton } from "./buttons.js";
import { node } from "./nodes.js";
import { content } from "./texts.js";

export class Menu {
  #button = iconButton("more", "menu", () => this.#toggle(), { ariaExpanded: "false" });
  #items;

  constructor(onDelete) {
    const remove = content(textButton("", "item", () => {
      this.close();
      onDelete();
    }), "delete");
    this.#items = node("div", { className: "items", hidden: true }, remove);
    this.element = node("div", { className: "menu" }, this.#button, this.#items);
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.element.contains(relatedTarget)) this.close();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (!this.element.contains(target)) this.close();
    });
  }

  // Whether it was open.
  close() {
    const wasOpen = !this.#items.hidden;
    if (wasOpen && this.#items.contains(document.activeElement)) this.#button.focus();
    this.#show(false);
    return wasOpen;
  }

  #toggle() {
    this.#show(this.#items.hidden);
  }

  #show(isOpen) {
    this.#items.hidden = !isOpen;
    this.#button.ariaExpanded = String(isOpen);
  }
}
