// The panel as a whole: what happens when.

import { Asking } from "./asking.js";
import { Composer } from "./composer.js";
import { confirmDeletion } from "./confirmation.js";
import { deleteConversation, earlierTurns } from "./conversation.js";
import { footer } from "./footer.js";
import { Header } from "./header.js";
import { node } from "./nodes.js";
import { Notice } from "./notice.js";
import { tell } from "./parent.js";
import { Refusal } from "./refusal.js";
import { explain } from "./refusal_notice.js";
import { appearance } from "./settings.js";
import { say } from "./texts.js";
import { leaveConversation } from "./tickets.js";
import { Transcript } from "./transcript.js";

const fingers = window.matchMedia("(pointer: coarse)");

export class Chat {
  #notice = new Notice();
  #transcript = new Transcript((question) => this.#askAgain(question));
  #composer = new Composer({ onSend: (question) => this.#ask(question), onStop: () => this.#asking.stop() });
  #header = new Header({ onNew: () => this.renew(), onDelete: () => this.#delete() });
  #asking = null;
  #recalled = null;

  constructor(main) {
    main.className = "chat";
    const desk = node("div", { className: "desk" }, this.#notice.element, this.#composer.element);
    main.append(this.#header.element, this.#transcript.element, desk, footer());
    window.addEventListener("offline", () => this.#notice.show("offline", say("offline")));
    window.addEventListener("online", () => this.#notice.clear("offline"));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog[open]")) return;
      if (!this.#header.menu.close()) tell("close");
    });
  }

  // Not into the field where that opens a keyboard over what is to be read.
  focus() {
    if (fingers.matches) this.#transcript.focus();
    else this.#composer.focus();
  }

  // Shows what was said before, where the site keeps it.
  recall() {
    this.#transcript.isWaiting = true;
    const recalled = earlierTurns().then(
      (turns) => this.#recalled === recalled && this.#restore(turns),
      (error) => this.#refuse(error, () => this.#recallAgain()),
    );
    this.#recalled = recalled;
    return recalled.finally(() => (this.#transcript.isWaiting = false));
  }

  #recallAgain() {
    this.focus();
    this.recall();
  }

  // A conversation from its beginning.
  renew() {
    this.#asking?.stop();
    this.#asking = this.#recalled = null;
    this.#composer.isAsking = false;
    this.#notice.clear();
    this.#transcript.clear();
    this.#transcript.suggest();
    leaveConversation();
    tell("forget");
    this.focus();
  }

  #restore(turns) {
    this.#transcript.restore(turns, (question) => this.#askAgain(question), this.#onRatingFailed);
    this.#transcript.suggest();
  }

  // Whether it is asked now.
  #ask(question) {
    if (this.#asking || this.#composer.isHeld) return false;
    this.#notice.whisper(say("thinking"));
    const turn = this.#transcript.begin(question);
    this.#asking = new Asking(turn.answer);
    this.#composer.isAsking = true;
    this.#follow(this.#asking, turn, question);
    return true;
  }

  #askAgain(question) {
    this.focus();
    return this.#ask(question);
  }

  async #follow(asking, turn, question) {
    let ended, refused;
    try {
      // What was said before stands above it.
      await this.#recalled;
      ended = await asking.run(question, () => this.#lose(turn));
    } catch (error) {
      refused = error;
    }
    // The conversation may have been left meanwhile.
    if (this.#asking !== asking) return;
    this.#asking = null;
    this.#composer.isAsking = false;
    this.#notice.hush();
    if (refused || ended.isLeft) {
      turn.takeBack();
      this.#composer.giveBack(question);
      if (refused) this.#refuse(refused);
    } else this.#end(turn, question, ended);
  }

  #end({ answer, keep }, question, { id, remark }) {
    answer.end(remark, () => this.#askAgain(question));
    answer.allowRating(id, "", this.#onRatingFailed);
    keep();
    if (!appearance.message_events) return;
    tell("message", { role: "user", text: question });
    tell("message", { role: "assistant", text: answer.text });
  }

  #lose({ forgetEarlier }) {
    // Nothing is lost of a conversation that was opened and in which nothing was asked.
    if (forgetEarlier()) this.#notice.show("lost", say("lost"));
  }

  async #delete() {
    if (!(await confirmDeletion())) return this.focus();
    this.#asking?.stop();
    try {
      await deleteConversation();
      this.renew();
      this.#notice.show("deleted", say("deleted"));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuse(error, onAgain) {
    explain(Refusal.from(error), { notice: this.#notice, composer: this.#composer, onAgain });
  }

  #onRatingFailed = () => this.#notice.show("rating", say("rating_failed"));
}
