// The look of the widget: a preview that follows the form, before anybody saves it. Before this come accent.js and
// icons.js of the widget itself, whose functions it calls.
const form = document.getElementById("look");
const preview = document.querySelector("[data-preview]");

const COLOUR = /^#[0-9a-f]{6}$/i;
const MOST_LINES = 6;
// As in opening.js of the widget: a greeting above it is no headline.
const LONG = 80;

const value = (name) => form.elements.namedItem(name).value.trim();
const isOn = (name) => {
  const field = form.elements.namedItem(name);
  return field.type === "checkbox" ? field.checked : field.value.trim() !== "";
};
const all = (selector) => preview.querySelectorAll(selector);

function textsOf(language) {
  const texts = JSON.parse(preview.dataset.texts);
  const tags = language === "auto" ? navigator.languages : [language];
  return texts[tags.map((tag) => tag.slice(0, 2).toLowerCase()).find((code) => code in texts) ?? "en"];
}

function say() {
  const texts = textsOf(value("language"));
  for (const place of all("[data-says]")) {
    const name = place.dataset.says;
    place.textContent = (form.elements.namedItem(name) && value(name)) || (texts[name] ?? "");
  }
  const greeting = preview.querySelector("[data-says=greeting]");
  greeting.classList.toggle("is-long", greeting.textContent.length > LONG);
  // These have the name of a field that is no text.
  for (const place of all("[data-word]")) place.textContent = texts[place.dataset.word];
  for (const place of all("[data-if]")) place.hidden = !isOn(place.dataset.if);
  for (const place of all("[data-lines]")) {
    const lines = value(place.dataset.lines).split("\n").filter((line) => line.trim());
    place.replaceChildren(...lines.slice(0, MOST_LINES).map((line) => {
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = line;
      return item;
    }));
  }
}

function shade() {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const wanted = value("color_scheme");
  const scheme = wanted === "auto" ? (isDark ? "dark" : "light") : wanted;
  preview.dataset.scheme = scheme;
  const accent = value("accent");
  if (!COLOUR.test(accent)) return;
  const ink = contrast(accent, "#ffffff") >= contrast(accent, "#000000") ? "#ffffff" : "#000000";
  preview.style.setProperty("--chat-accent", accent);
  preview.style.setProperty("--chat-accent-ink", ink);
  preview.style.setProperty("--chat-link", readable(accent, GROUNDS[scheme]));
  const ground = GROUNDS[wanted === "dark" ? "dark" : "light"];
  document.querySelector("[data-warning]").hidden = contrast(accent, ground) >= READABLE;
}

function place() {
  preview.dataset.side = value("side");
  for (const name of ["offset_x", "offset_y"]) preview.style.setProperty(`--${name}`, `${Number(value(name)) || 0}px`);
  for (const launcher of all("[data-launcher]")) launcher.replaceChildren(icon(value("launcher_icon")));
}

function draw() {
  say();
  shade();
  place();
}

// Beside the field for its code, the browser's own way to choose a colour.
function offerColours() {
  const code = form.elements.namedItem("accent");
  const picker = document.querySelector("[data-picker]");
  const follow = () => COLOUR.test(code.value) && (picker.value = code.value);
  picker.addEventListener("input", () => {
    code.value = picker.value;
    draw();
  });
  code.addEventListener("input", follow);
  follow();
  picker.hidden = false;
}

if (form && preview) {
  for (const place of all("[data-icon]")) place.append(icon(place.dataset.icon));
  offerColours();
  form.addEventListener("input", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
  // What was typed before a session ended has come back by then.
  window.addEventListener("pageshow", draw);
  preview.hidden = false;
}
