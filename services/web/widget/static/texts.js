// What the frame says: the owner's own texts, else those of the language, else English.

import { appearance, languages } from "./settings.js";

const ENGLISH = "en";
const OWN = ["title", "greeting", "placeholder"];
let language = ENGLISH;

// `wanted`: a language, or `auto` for the first of the visitor's that there is.
export function speak(wanted) {
  const tags = wanted === "auto" ? navigator.languages : [wanted];
  const known = tags.map((tag) => String(tag).toLowerCase().split("-")[0]).filter((code) => Object.hasOwn(languages, code));
  language = known[0] ?? ENGLISH;
  document.documentElement.lang = language;
}

// The text of this name. `{…}` in it are places for values.
export function say(name, values = {}) {
  const own = OWN.includes(name) ? appearance[name] : "";
  const text = own || languages[language]?.[name] || languages[ENGLISH][name];
  return text.replace(/{(\w+)}/g, (_, place) => values[place]);
}

// When something is over, as far as it matters to whoever waits for it.
export function sayRest(over) {
  const own = appearance.resting_text;
  if (own) return own;
  const days = Math.round((new Date(over).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86_400_000);
  const format = (options) => new Intl.DateTimeFormat(language, options).format(over);
  if (days < 1) return say("resting_time", { time: format({ timeStyle: "short" }) });
  if (days === 1) return say("resting_tomorrow");
  return say("resting_date", { date: format({ day: "numeric", month: "long" }) });
}

// These give a node a text that follows the language: as content, as name, under the pointer, in an empty field.
export const content = (made, name) => follow(made, "content", name);
export const label = (made, name) => follow(made, "label", name);
export const hint = (made, name) => follow(made, "hint", name);
export const placeholder = (made, name) => follow(made, "placeholder", name);

const WAYS = {
  content: (made, text) => made.replaceChildren(text),
  label: (made, text) => made.setAttribute("aria-label", text),
  hint: (made, text) => made.setAttribute("title", text),
  placeholder: (made, text) => made.setAttribute("placeholder", text),
};

function follow(made, way, name) {
  made.dataset[way] = name;
  WAYS[way](made, say(name));
  return made;
}

// Everything that follows the language is said again.
export function sayAgain() {
  for (const [way, change] of Object.entries(WAYS)) {
    for (const made of document.querySelectorAll(`[data-${way}]`)) change(made, say(made.dataset[way]));
  }
}
