// From the tokens of marked's lexer to nodes. Markup in a text stays text: no token ever becomes HTML.

import { Lexer, getDefaults } from "./vendor/marked.esm.js";
import { link } from "./links.js";
import { node } from "./nodes.js";
import { label } from "./texts.js";

const OPTIONS = { ...getDefaults(), breaks: true };
// Beyond this depth no answer means what it looks like, and nested boxes are slow.
const DEEPEST = 12;
const ENTITIES = {
  amp: "&", apos: "'", gt: ">", hellip: "…", lt: "<", mdash: "—", nbsp: "\u00a0", ndash: "–", quot: '"',
};

// The blocks of a text. May throw: whoever can nest deep enough overflows the stack.
export const blocksOf = (text) => new Lexer(OPTIONS).lex(text).filter(({ type }) => type !== "space" && type !== "def");

// The node of a block. All in it runs in the direction of its first words.
export function nodeOf(block) {
  const made = make(block, 0);
  const element = made instanceof Node ? made : node("p", {}, made);
  if (block.type !== "code") element.dir = "auto";
  return element;
}

const BLOCKS = {
  blockquote: (token, depth) => node("blockquote", {}, ...all(token, depth)),
  code: ({ text }) => scroller("pre", node("code", {}, text)),
  heading: (token, depth) => node("p", { className: "heading" }, node("strong", {}, ...all(token, depth))),
  hr: () => node("hr"),
  html: ({ text, block }) => (block ? node("p", {}, text) : text),
  list,
  paragraph: (token, depth) => node("p", {}, ...all(token, depth)),
  table,
};

const INLINES = {
  br: () => node("br"),
  checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  codespan: ({ text }) => node("code", {}, text),
  // One tilde is no mark: `5~10 or 20~30`.
  del: (token, depth) => (token.raw.startsWith("~~") ? node("s", {}, ...all(token, depth)) : token.raw),
  em: (token, depth) => node("em", {}, ...all(token, depth)),
  escape: ({ text }) => text,
  image: ({ text }) => text,
  link: (token, depth) => link(characters(token.href), {}, ...all(token, depth)),
  strong: (token, depth) => node("strong", {}, ...all(token, depth)),
  text: (token, depth) => (token.tokens ? node("span", {}, ...all(token, depth)) : characters(token.text)),
};

const MAKERS = { ...BLOCKS, ...INLINES };

function make(token, depth) {
  if (depth > DEEPEST) throw new RangeError("nested too deep");
  return Object.hasOwn(MAKERS, token.type) ? MAKERS[token.type](token, depth + 1) : token.raw;
}

const all = ({ tokens }, depth) =>
  tokens.filter(({ type }) => type !== "space" && type !== "def").map((token) => make(token, depth));

function list(token, depth) {
  const items = token.items.map((item) => node("li", {}, ...all(item, depth)));
  return token.ordered ? node("ol", { start: token.start || 1 }, ...items) : node("ul", {}, ...items);
}

function table({ header, rows }, depth) {
  const cells = (name, row) =>
    row.map((cell) => node(name, { "data-align": cell.align ?? "" }, ...all(cell, depth)));
  const head = node("thead", {}, node("tr", {}, ...cells("th", header)));
  const body = node("tbody", {}, ...rows.map((row) => node("tr", {}, ...cells("td", row))));
  return label(scroller("div", node("table", {}, head, body)), "table");
}

// What is wider than the panel scrolls in itself, also by keys.
const scroller = (name, ...children) => node(name, { className: "scroller", role: "group", tabIndex: 0 }, ...children);

const characters = (text) =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+));/gi, (whole, decimal, hexadecimal, name) => {
    if (name) return ENTITIES[name] ?? whole;
    const point = decimal ? parseInt(decimal, 10) : parseInt(hexadecimal, 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
