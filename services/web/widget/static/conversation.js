// The visitor's conversation on the server.

import { eventsOf } from "./events.js";
import { Refusal } from "./refusal.js";
import { request } from "./requests.js";
import { isContinued, leaveConversation, takeTicket } from "./tickets.js";

const GONE = 404;

// The turns until now. Nothing on the server is no turn.
export async function earlierTurns() {
  await takeTicket();
  if (!isContinued) return [];
  const response = await unless(GONE, request("GET", "conversation"));
  if (response) return (await response.json()).turns ?? [];
  leaveConversation();
  return [];
}

// The events of the answer, and under which id it can be rated. `onLost`: the conversation is gone, another begins.
export async function ask(message, signal, onLost) {
  const send = () => request("POST", "chat", { body: { message }, signal });
  let response = await unless(GONE, send());
  if (!response) {
    leaveConversation();
    onLost();
    response = await send();
  }
  return { id: response.headers.get("x-request-id"), events: eventsOf(response.body) };
}

// Also one that is gone already.
export const deleteConversation = () => unless(GONE, request("DELETE", "conversation"));

// `rating`: `up`, `down`, or empty to take it back.
export const rate = (id, rating, comment = "") =>
  request("POST", `turns/${encodeURIComponent(id)}/rating`, { body: { rating, comment } });

// Null for a refusal of this status.
const unless = (status, reply) =>
  reply.catch((error) => {
    if (error instanceof Refusal && error.status === status) return null;
    throw error;
  });
