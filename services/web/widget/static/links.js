// Links lead to websites and nowhere else, in a tab of their own that knows nothing of this one.

import { node } from "./nodes.js";

// The address, if it is one of a website and names nobody; else null.
function website(address) {
  try {
    const { href, protocol, username, password } = new URL(address);
    return /^https?:$/.test(protocol) && !username && !password ? href : null;
  } catch {
    return null;
  }
}

// What is no link keeps its words.
export function link(address, properties, ...children) {
  const href = website(address);
  if (!href) return node("span", properties, ...children);
  return node("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", ...properties }, ...children);
}

// The part of an address by which people know a website.
export const host = (address) => (website(address) ? new URL(address).host.replace(/^www\./, "") : "");
