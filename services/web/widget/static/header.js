// The top of the panel: its title, and what can be done with the conversation.

import { iconButton } from "./buttons.js";
import { icon } from "./icons.js";
import { Menu } from "./menu.js";
import { node, written } from "./nodes.js";
import { tell } from "./parent.js";
import { appearance } from "./settings.js";
import { content } from "./texts.js";

export class Header {
  constructor({ onNew, onDelete }) {
    this.menu = new Menu(onDelete);
    const title = content(written("h1", ""), "title");
    const newButton = appearance.new_button ? [iconButton("new", "new", onNew)] : [];
    const close = iconButton("close", "close", () => tell("close"));
    this.element = node("header", { className: "header" },
      node("span", { className: "badge" }, icon(appearance.launcher_icon)), title, ...newButton, this.menu.element, close);
  }
}
