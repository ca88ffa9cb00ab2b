// Buttons that are an icon, and their names.

import { icon } from "./icons.js";
import { node } from "./nodes.js";
import { hint, label } from "./texts.js";

export function iconButton(drawing, name, onClick, properties = {}) {
  const made = node("button", { type: "button", className: "icon-button", ...properties }, icon(drawing));
  made.addEventListener("click", onClick);
  return rename(made, name);
}

// The name of a button; whoever points at it reads it.
export const rename = (button, name) => hint(label(button, name), name);

export function textButton(text, className, onClick) {
  const made = node("button", { type: "button", className }, text);
  made.addEventListener("click", onClick);
  return made;
}
