// The ticket for the visitor's questions. Only the loader can get one: the site's origin is its own, not ours.

import { hear, isEmbedded, tell } from "./parent.js";
import { Refusal } from "./refusal.js";

// Milliseconds: nothing is begun with a ticket that ends sooner.
const LEAST = 60_000;
const PATIENCE = 20_000;
const NOT_HERE = 403;
let ticket = null;
let ends = 0;
let asked = null;
let wantsNew = false;
let answered = () => {};

// Whether the loader has brought a conversation of another page or day.
export let isContinued = true;

hear("ticket", (reply) => answered(reply));

// The ticket; a new one where it is about to end.
export async function takeTicket() {
  if (asked) await asked.catch(() => {});
  return ticket && Date.now() < ends - LEAST ? ticket : renewTicket();
}

export function renewTicket() {
  asked ??= askLoader(wantsNew).finally(() => (asked = null));
  return asked;
}

// The next ticket is for a new conversation.
export function leaveConversation() {
  ticket = null;
  wantsNew = true;
}

function askLoader(isNew) {
  if (!isEmbedded) return Promise.reject(new Refusal(NOT_HERE));
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => answered({ error: 0 }), PATIENCE);
    answered = (reply) => {
      clearTimeout(late);
      answered = () => {};
      if (reply.ticket) resolve(keep(reply, isNew));
      else reject(refusalOf(reply));
    };
    tell("ticket", { renew: Boolean(ticket), new: isNew });
  });
}

function keep(reply, isNew) {
  // It may be for a conversation that was left meanwhile.
  if (isNew || !wantsNew) {
    ticket = reply.ticket;
    ends = Date.now() + reply.expires_in * 1000;
    wantsNew = false;
    isContinued = reply.continued ?? !isNew;
  }
  return reply.ticket;
}

// A widget that is off answers 404, which elsewhere is a conversation that is gone.
const refusalOf = ({ error = 0, retry_after = 0 }) =>
  new Refusal(error === 404 ? NOT_HERE : error, "minute", retry_after);
