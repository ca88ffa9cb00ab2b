// The owner's colour, and what can be read on it and beside it.

// The ground of the panel in light and in dark, as in theme.css.
const GROUNDS = { light: "#ffffff", dark: "#16181d" };
const READABLE = 4.5;
// What differs less from the ground needs a rim.
const VISIBLE = 1.5;
const STEPS = 20;

export function paint(accent) {
  const { style } = document.documentElement;
  style.setProperty("--accent", accent);
  const [white, black] = ["#ffffff", "#000000"].map((text) => contrast(accent, text));
  style.setProperty("--accent-text", white >= black ? "#ffffff" : "#000000");
  for (const [scheme, ground] of Object.entries(GROUNDS)) {
    style.setProperty(`--accent-${scheme}`, readable(accent, ground));
    style.setProperty(`--rim-${scheme}`, contrast(accent, ground) < VISIBLE ? "var(--edge)" : "transparent");
  }
}

// The colour, or the nearest one on its way to black or white that can be read on this ground.
function readable(colour, ground) {
  const end = luminance(ground) > 0.5 ? "#000000" : "#ffffff";
  for (let step = 0; step < STEPS; step += 1) {
    const mixed = mix(colour, end, step / STEPS);
    if (contrast(mixed, ground) >= READABLE) return mixed;
  }
  return end;
}

const channels = (colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));

function mix(colour, other, share) {
  const others = channels(other);
  const mixed = channels(colour).map((channel, index) => Math.round(channel + (others[index] - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

// Of the Web Content Accessibility Guidelines.
function luminance(colour) {
  const [red, green, blue] = channels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
