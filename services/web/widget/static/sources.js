// What an answer rests on.

import { icon } from "./icons.js";
import { host, link } from "./links.js";
import { node, written } from "./nodes.js";
import { content } from "./texts.js";

export function sourceList(sources) {
  const items = sources.map(({ url, title }) => {
    const name = written("span", title || host(url) || url, { className: "title" });
    const words = node("span", { className: "words" }, name);
    if (title && host(url)) words.append(node("span", { className: "host" }, host(url)));
    return node("li", {}, link(url, { className: "source" }, icon("source"), words));
  });
  const caption = content(node("p", { className: "caption" }), "sources");
  return node("div", { className: "sources" }, caption, node("ul", {}, ...items));
}
