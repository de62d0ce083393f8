// Texts as they are shown: long ones cut until somebody asks for the rest, values on one line, figures for people.

import { h } from "./dom.js";

const LONG = 4000;
const FURTHER = 200000;

// A text of anybody, its line ends kept. A long one ends in a button that shows more of it.
export function prose(text, kind) {
  const whole = String(text ?? "");
  const box = h("div", { class: `prose ${kind || ""}`, dir: "auto" });
  let told = 0;
  const more = (much) => {
    const upto = Math.min(whole.length, told + much);
    box.append(document.createTextNode(whole.slice(told, upto)));
    told = upto;
    const left = whole.length - told;
    if (left) {
      const button = h("button", { class: "more", type: "button", onclick: () => { button.remove(); more(FURTHER); } },
        `${count(left)} characters more`);
      box.append(button);
    }
  };
  more(LONG);
  return box;
}

// A value as JSON on one line of at most so many characters.
export function oneLine(value, width) {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  const line = text.slice(0, 4 * width).replace(/\s+/g, " ");
  return line.length > width ? `${line.slice(0, width)} …` : line;
}

// Arguments as a call is written.
export function called(tool, given, width) {
  const told = Object.entries(given || {}).map(([name, value]) => `${name}=${oneLine(JSON.stringify(value), width)}`);
  return `${tool}(${told.join(", ")})`;
}

// A value laid out over lines.
export function laidOut(value) {
  return typeof value === "string" ? value : JSON.stringify(value ?? null, null, 2);
}

export function count(number) {
  return Number(number || 0).toLocaleString("en");
}

// A large number in few signs: 12.4k, 3.1M.
export function brief(number) {
  const value = Number(number || 0);
  if (value < 10000) return count(value);
  return value < 1e6 ? `${(value / 1e3).toFixed(1)}k` : `${(value / 1e6).toFixed(value < 1e8 ? 1 : 0)}M`;
}

export function share(part, of) {
  if (!of) return "–";
  const value = (100 * part) / of;
  const rounded = value.toFixed(1);
  return rounded === "100.0" && part < of ? "99.9 %" : rounded === "0.0" && part ? "< 0.1 %" : `${rounded} %`;
}

export function money(amount) {
  if (amount === null || amount === undefined) return "";
  return amount && amount < 0.01 ? `$${amount.toFixed(4)}` : `$${amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

export function plainly(name) {
  return String(name ?? "").replaceAll("_", " ");
}

export function plural(number, one, many) {
  return `${count(number)} ${number === 1 ? one : many || `${one}s`}`;
}

// The address of an entry, or of one of its turns, or of its parts.
export function talkLink(id, turn) {
  return turn === undefined || turn === null ? `#/talk/${id}` : `#/talk/${id}/turn/${turn}`;
}

// The address of the list under a query.
export function listLink(query) {
  const given = Object.entries(query || {}).filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `#/list?${text}` : "#/list";
}
