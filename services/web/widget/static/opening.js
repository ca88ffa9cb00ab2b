// What stands in a conversation before the first question.

import { textButton } from "./buttons.js";
import { node, written } from "./nodes.js";
import { appearance } from "./settings.js";
import { content, label, say } from "./texts.js";

// A greeting up to this length is set like a headline.
const SHORT = 80;

export function opening(onAsk) {
  const greeting = content(written("p", ""), "greeting");
  const size = say("greeting").length > SHORT ? "long" : "short";
  const buttons = (appearance.suggestions ?? []).map((question) => {
    const button = textButton(question, "suggestion", () => onAsk(question));
    button.dir = "auto";
    return node("li", {}, button);
  });
  return {
    greeting: node("div", { className: `greeting ${size}` }, greeting),
    suggestions: buttons.length ? label(node("ul", { className: "suggestions" }, ...buttons), "suggestions") : "",
  };
}
