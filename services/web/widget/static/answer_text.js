// The text of one answer, while it comes in and afterwards.

import { blocksOf, nodeOf } from "./markdown.js";
import { node, written } from "./nodes.js";

export class AnswerText {
  element = node("div", { className: "text" });
  text = "";
  #blocks = [];
  #frame = 0;

  // More of it. It is shown with the next frame, however much comes until then.
  add(part) {
    this.text += part;
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  // No more will come: all of it is shown again, as a link may be explained at the end.
  end() {
    this.#blocks = [];
    this.#show();
  }

  #show() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    try {
      this.#showBlocks(blocksOf(this.text));
    } catch {
      this.#blocks = [];
      this.element.replaceChildren(written("p", this.text, { className: "plain" }));
    }
  }

  // A block that has not changed keeps its node, and what is selected in it.
  #showBlocks(blocks) {
    let same = 0;
    while (same < blocks.length && this.#blocks[same]?.raw === blocks[same].raw) same += 1;
    const made = blocks.slice(same).map(nodeOf);
    const kept = [...this.element.childNodes].slice(0, same);
    for (const old of [...this.element.childNodes].slice(same)) old.remove();
    this.element.append(...made);
    this.#blocks = blocks;
  }
}
