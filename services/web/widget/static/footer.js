// The line below the field.

import { link } from "./links.js";
import { node, written } from "./nodes.js";
import { appearance } from "./settings.js";
import { content } from "./texts.js";

export function footer() {
  const parts = [];
  if (appearance.footer) parts.push(written("span", appearance.footer));
  if (appearance.privacy_url) parts.push(content(link(appearance.privacy_url, {}), "privacy"));
  return node("footer", { className: "footer", hidden: !parts.length }, ...parts);
}
