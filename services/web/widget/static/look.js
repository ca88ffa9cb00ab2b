// Colours, light or dark, and the direction of the panel.

import { paint } from "./accent.js";
import { appearance } from "./settings.js";
import { say } from "./texts.js";
import { written } from "./nodes.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
let scheme = "auto";

export function dress() {
  paint(appearance.accent);
  scheme = appearance.color_scheme;
  dark.addEventListener("change", shade);
  shade();
}

// `auto`, `light` or `dark`.
export function useScheme(wanted) {
  scheme = wanted;
  shade();
}

function shade() {
  const isDark = scheme === "dark" || (scheme === "auto" && dark.matches);
  document.documentElement.dataset.scheme = isDark ? "dark" : "light";
}

// The owner's texts say which way the panel runs: there may be no table of their language.
export function turn() {
  const probe = written("p", `${say("title")} ${say("greeting")}`);
  document.body.append(probe);
  document.documentElement.dir = getComputedStyle(probe).direction;
  probe.remove();
}
