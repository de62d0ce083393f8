// Elements from trusted names and untrusted texts: a text only ever becomes a text node or the value of an attribute
// that cannot act, and only `prose` of texts.js shows one of more than a thousand characters.

const LONGEST = 1000;
const SVG = "http://www.w3.org/2000/svg";
const PLAIN = /^(class|id|type|title|role|tabindex|value|for|name|placeholder|scope|colspan|open|selected|disabled|hidden|spellcheck|autocomplete|lang|dir|aria-[a-z]+|data-[a-z]+)$/;
const DRAWN = /^(class|x|y|x1|y1|x2|y2|d|cx|cy|r|rx|width|height|viewBox|transform|role|tabindex|focusable|text-anchor|aria-[a-z]+|data-[a-z]+)$/;

// An element with attributes and children; functions are listeners (`onclick`), links lead inside the page only.
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "href" && String(value).startsWith("#")) element.setAttribute("href", value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else if (PLAIN.test(name)) element.setAttribute(name, value === true ? "" : cut(value));
    else throw new Error(`no attribute ${name}`);
  }
  return fill(element, children);
}

// The same for a drawing.
export function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else if (DRAWN.test(name)) element.setAttribute(name, name === "d" ? value : cut(value));
    else throw new Error(`no attribute ${name}`);
  }
  return fill(element, children);
}

// Put children into an element, whatever it held before stays.
export function fill(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(cut(child)));
  }
  return element;
}

function cut(value) {
  const text = String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

// Put children in place of what an element holds.
export function refill(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}
