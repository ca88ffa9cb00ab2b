// Icons on a square of 24, drawn with one line. Those of the launcher are filled: the same as in loader.py.

const SVG = "http://www.w3.org/2000/svg";
const LINES = {
  chat: "M2 4h20v14H11l-5 4v-4H2zM6 10h2v2H6zM11 10h2v2h-2zM16 10h2v2h-2z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M17 14V3M9 18.5l1-4.5H4.2a2 2 0 0 1-1.9-2.6l2.3-7A2 2 0 0 1 6.5 3H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-2.8a2 2 0 0 0-1.8 1.1L12 22a3 3 0 0 1-3-3.5z",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  new: "M12 5v14M5 12h14",
  newest: "M12 5v14M6 13l6 6 6-6",
  question: "M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22zM8 9a4 4 0 1 1 5 3.9V15h-2v-3.8a2 2 0 1 0-1-2.2zM11 17h2v2h-2z",
  send: "M12 19V5M6 11l6-6 6 6",
  source: "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5M9 13h6M9 17h4",
  spark: "M12 1l3 8 8 3-8 3-3 8-3-8-8-3 8-3z",
  stop: "M8 8h8v8H8z",
  up: "M7 10v11M15 5.5L14 10h5.8a2 2 0 0 1 1.9 2.6l-2.3 7a2 2 0 0 1-1.9 1.4H4a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1h2.8a2 2 0 0 0 1.8-1.1L12 2a3 3 0 0 1 3 3.5z",
};

export function icon(name) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  drawn.classList.add("icon", `icon-${name}`);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", LINES[name] ?? LINES.chat);
  drawn.append(line);
  return drawn;
}
