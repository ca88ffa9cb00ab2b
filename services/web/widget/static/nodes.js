// Making nodes. Nothing in the frame is ever made from markup.

export function node(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (property in made) made[property] = value;
    else made.setAttribute(property, value);
  }
  made.append(...children);
  return made;
}

// A text of somebody: it runs in its own direction, whatever the language around it.
export const written = (name, text, properties = {}) => node(name, { dir: "auto", ...properties }, text);
