// The panel in its frame: reads the settings, listens to the loader, begins.

import { Chat } from "./chat.js";
import { dress, turn, useScheme } from "./look.js";
import { hear, tell } from "./parent.js";
import { appearance } from "./settings.js";
import { say, sayAgain, speak } from "./texts.js";

function read() {
  turn();
  document.title = say("title");
}

speak(appearance.language);
dress();
read();
const chat = new Chat(document.getElementById("chat"));

hear("focus", () => chat.focus());
hear("new", () => chat.renew());
hear("set", ({ language, color_scheme }) => {
  if (color_scheme) useScheme(color_scheme);
  if (!language) return;
  speak(language);
  sayAgain();
  read();
});
// Whoever has opened the chat need not wait until the page is told, and tells.
if (document.hasFocus()) chat.focus();
tell("ready");
chat.recall();
