// Requests of the visitor, with their ticket.

import { Refusal } from "./refusal.js";
import { renewTicket, takeTicket } from "./tickets.js";

// The response, if it is a good one; else a Refusal. A ticket that is no longer good is renewed once.
export async function request(method, path, { body, signal } = {}) {
  let response = await send(await takeTicket());
  if (response.status === 401) response = await send(await renewTicket());
  if (!response.ok) throw Refusal.of(response);
  return response;

  async function send(ticket) {
    const headers = { authorization: `Bearer ${ticket}` };
    if (body) headers["content-type"] = "application/json";
    return fetch(`/widget/v1/${path}`, {
      method, headers, signal, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store",
    });
  }
}
