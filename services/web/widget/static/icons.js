// Icons, drawn with one line on a square of 24.

const SVG = "http://www.w3.org/2000/svg";
const LINES = {
  chat: "M4 5h16v11H10l-6 4z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M17 14V3M9 18.5l1-4.5H4.2a2 2 0 0 1-1.9-2.6l2.3-7A2 2 0 0 1 6.5 3H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-2.8a2 2 0 0 0-1.8 1.1L12 22a3 3 0 0 1-3-3.5z",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  new: "M12 5v14M5 12h14",
  newest: "M12 5v14M6 13l6 6 6-6",
  question: "M8.5 9a3.5 3.5 0 1 1 5.2 3c-1.1.6-1.7 1.3-1.7 2.5M12 19v.01",
  send: "M12 19V5M6 11l6-6 6 6",
  source: "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5M9 13h6M9 17h4",
  spark: "M12 3l2 7 7 2-7 2-2 7-2-7-7-2 7-2z",
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
