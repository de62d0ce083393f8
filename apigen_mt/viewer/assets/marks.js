// What a person says of a talk: one of three marks and a note, kept as soon as it is said.

import { h, refill } from "./dom.js";

const SAYINGS = [["keep", "y", "a person read it and would keep it"], ["reject", "x", "exports leave it out"], ["flag", "f", "exports count it"]];
const NOTE_MOST = 4000;
const NOTE_WAIT = 900;

// The panel with which the talk of that id is marked; null where nothing can be marked.
export function markPanel(source, id) {
  const marks = source.marks;
  if (!marks || !id.includes(".")) return null;
  let said = null, timer = 0, saving = Promise.resolve();
  const state = h("span", { class: "faint", role: "status" });
  const note = h("textarea", { class: "note", "aria-label": "note", placeholder: "note", "data-note": "" });
  const buttons = SAYINGS.map(([word, key, does]) => h("button", { type: "button", class: "say", "aria-pressed": "false",
    "data-mark": word, title: `${does} (${key})`, onclick: () => say(word) }, word));
  const element = h("div", { class: "marking", hidden: true }, buttons, note, state);
  note.maxLength = NOTE_MOST;
  note.rows = 1;

  function show(text = said.note) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(said.mark === button.dataset.mark));
    if (document.activeElement !== note) note.value = text;
    grow();
    element.hidden = false;
  }

  function grow() {
    note.rows = Math.min(8, Math.max(1, note.value.split("\n").length, Math.ceil(note.value.length / 60)));
  }

  function keep(change) {
    clearTimeout(timer);
    const next = { ...said, note: note.value, ...change };
    if (next.mark === said.mark && next.note === said.note) return;
    const before = said;
    said = next;
    show(next.note);
    refill(state, "…");
    saving = saving.then(() => marks.set(id, next)).then(() => refill(state, "saved"), (error) => {
      if (said === next) said = before;  // the note stays in its place, to be tried again
      show(note.value);
      refill(state, h("span", { class: "bad" }, `not saved: ${error.message}`));
    });
  }

  function say(word) {
    if (said) keep({ mark: said.mark === word ? "none" : word });
  }

  function listen(event) {
    if (!element.isConnected) return document.removeEventListener("keydown", listen);
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, dialog")) return;
    const found = SAYINGS.find(([, key]) => key === event.key);
    if (found) say(found[0]);
  }

  note.addEventListener("input", () => { grow(); refill(state); clearTimeout(timer); timer = setTimeout(() => said && keep({}), NOTE_WAIT); });
  note.addEventListener("blur", () => said && keep({}));
  marks.get(id).then((found) => { said = found; show(); document.addEventListener("keydown", listen); },
    (error) => { if (error.status !== 404) { refill(state, h("span", { class: "bad" }, error.message)); element.hidden = false; } });
  return element;
}
