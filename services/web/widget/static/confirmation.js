// A question before what can't be undone.

import { textButton } from "./buttons.js";
import { node } from "./nodes.js";
import { content } from "./texts.js";

// Whether the visitor wants it.
export function confirmDeletion() {
  return new Promise((resolve) => {
    const title = content(node("h2", { id: "delete-title" }), "delete_title");
    const text = content(node("p", { id: "delete-text" }), "delete_text");
    const cancel = content(textButton("", "button", () => dialog.close()), "cancel");
    const confirm = content(textButton("", "button danger", () => dialog.close("yes")), "delete_confirm");
    const dialog = node("dialog", { "aria-labelledby": "delete-title", "aria-describedby": "delete-text" },
      title, text, node("div", { className: "row" }, cancel, confirm));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    cancel.focus();
  });
}
