// One question from its sending to the end of its answer.

import { ask } from "./conversation.js";
import { Refusal } from "./refusal.js";

export class Asking {
  #leaving = new AbortController();
  #answer;

  constructor(answer) {
    this.#answer = answer;
  }

  stop() {
    this.#leaving.abort();
  }

  // How it ended: the answer's `id`, and the name of a `remark` unless it is whole. A Refusal where there is no answer.
  async run(question, onLost) {
    let id = null;
    try {
      const reply = await this.#unlessLeft(ask(question, this.#leaving.signal, onLost));
      id = reply.id;
      return { id, remark: (await this.#follow(reply.events)) ? "" : "broke_off" };
    } catch (error) {
      const isLeft = this.#leaving.signal.aborted;
      if (this.#answer.text) return { id, remark: isLeft ? "stopped" : "broke_off" };
      if (isLeft) return { isLeft };
      throw Refusal.from(error);
    }
  }

  // Whether the answer is whole. Types that are not known are passed over, such as `ping`.
  async #follow(events) {
    let isWhole = false;
    try {
      for await (const event of events) {
        if (event.type === "token") this.#answer.add(event.content);
        else if (event.type === "sources") this.#answer.sources = event.sources;
        else if (event.type === "done") isWhole = true;
        else if (event.type === "error") break;
      }
    } catch (error) {
      if (!isWhole) throw error;
    }
    if (!this.#answer.text && !isWhole) throw new Refusal(0);
    return isWhole;
  }

  // A ticket may take long to come; nobody has to wait for it.
  #unlessLeft(reply) {
    const { signal } = this.#leaving;
    signal.throwIfAborted();
    const left = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return Promise.race([reply, left]);
  }
}
