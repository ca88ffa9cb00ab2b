// The page around the frame: its loader, which speaks for the site.

const PREFIX = "chatmount:";
const listeners = new Map();
// Nothing secret is said before the loader has spoken; by then its origin is known. Apps have none.
let origin = "*";

export const isEmbedded = window.parent !== window;

export function tell(type, fields = {}) {
  if (isEmbedded) window.parent.postMessage({ type: PREFIX + type, ...fields }, origin);
}

export const hear = (type, listener) => listeners.set(PREFIX + type, listener);

window.addEventListener("message", (event) => {
  // The browser lets only listed sites be the parent: frame-ancestors.
  if (!isEmbedded || event.source !== window.parent) return;
  if (event.origin !== "null") origin = event.origin;
  listeners.get(event.data?.type)?.(event.data);
});
