// What was found: the gates with their evidence, the change of state expected against found, judges, quarantine.

import { h } from "./dom.js";
import { plainly, plural, prose, talkLink } from "./texts.js";

const ORDER = { fail: 0, pass: 1, not_applicable: 2 };

// Every gate, those that failed first; evidence leads to its turn.
export function gates(detail) {
  const found = [...(detail.talk.gates || [])].sort((a, b) => ORDER[a.status] - ORDER[b.status]);
  const failed = found.filter((gate) => gate.status === "fail");
  const rest = found.filter((gate) => gate.status !== "fail");
  const passed = rest.filter((gate) => gate.status === "pass").length;
  return h("div", { class: "gates" }, failed.map((gate) => one(detail.id, gate, true)),
    h("details", { open: !failed.length }, h("summary", null, `${plural(passed, "gate")} passed`, rest.length > passed ? `, ${rest.length - passed} not applicable` : ""),
      h("div", { class: "fine" }, rest.map((gate) => one(detail.id, gate, false)))), opinions(detail.talk.opinions || []));
}

function one(id, gate, open) {
  const sign = { fail: "✕", pass: "✓", not_applicable: "–" }[gate.status];
  const head = [h("span", { class: `sign ${gate.status}`, "aria-hidden": "true" }, sign), h("b", null, plainly(gate.gate)),
    gate.fault ? h("span", { class: "faint" }, ` fault of the ${gate.fault}`) : null, h("span", { class: "hidden" }, ` ${plainly(gate.status)}`)];
  const evidence = gate.evidence || [];
  const told = evidence.map((finding) => h("li", null, turnLink(id, finding.turn), prose(finding.text)));
  if (open) return h("div", { class: "gate fail" }, head, h("ul", null, told));
  if (!evidence.length) return h("div", { class: "gate" }, head);
  return h("details", { class: "gate" }, h("summary", null, head), h("ul", null, told));
}

export function turnLink(id, turn) {
  return turn === undefined || turn === null ? null : h("a", { class: "turnlink", href: talkLink(id, turn) }, `turn ${turn}`);
}

function opinions(found) {
  return found.map((said) => h("div", { class: `gate ${said.sound ? "" : "fail"}` },
    h("span", { class: `sign ${said.sound ? "pass" : "fail"}`, "aria-hidden": "true" }, said.sound ? "✓" : "✕"), h("b", null, `judge ${said.judge}`),
    h("span", { class: "faint" }, ` ${said.model || ""} ${said.sound ? "sound" : "not sound"}`), said.reason ? prose(said.reason) : null));
}

// The change of state record by record; where it could not be found again, what was expected alone.
export function changes(detail) {
  if (detail.any_change) return h("p", { class: "faint" }, "Any change will do with which what must hold in the end holds.");
  const played = Boolean(detail.talk);
  const known = Boolean(detail.replayed);
  const records = detail.changes || [];
  const wrong = records.flatMap((record) => record.cells || []).filter((cell) => cell.wrong).length;
  const state = (detail.talk?.gates || []).find((gate) => gate.gate === "state");
  let note = null;
  if (known) note = wrong ? `${plural(wrong, "field")} not as expected` : records.length ? "everything as expected" : "nothing changes, as expected";
  else if (played) note = `The domain is not at hand as it was: what was found is not told here${state ? `; the state gate says ${plainly(state.status)}` : ""}.`;
  else if (!records.length) note = "nothing is to change";
  return h("div", { class: "changes" }, note ? h("p", { class: wrong ? "bad" : known ? "good" : "faint" }, note) : null,
    [...records].sort((a, b) => off(b) - off(a)).map((record) => altered(record, known)));
}

function off(record) {
  return (record.cells || []).some((cell) => cell.wrong) ? 1 : 0;
}

// A record: folded where everything is as expected, and without a column for what nothing was before.
function altered(record, known) {
  const cells = record.cells || [];
  const wrong = cells.filter((cell) => cell.wrong).length;
  const before = record.how !== "created";
  const unasked = wrong === cells.length && cells.every((cell) => !cell.expected || cell.expected === "no change");
  const head = [h("code", null, record.record), h("span", { class: "faint" }, unasked ? `${record.how}, and not expected` : record.how), known
    ? h("span", { class: `all ${wrong ? "bad" : "good"}` }, wrong ? `✕ ${wrong} of ${plural(cells.length, "field")}` : `✓ ${plural(cells.length, "field")}`) : null];
  const table = h("table", null, h("thead", null, h("tr", null, h("th", { scope: "col" }, "field"), before ? h("th", { scope: "col" }, "before") : null,
    h("th", { scope: "col" }, "expected"), known ? h("th", { scope: "col" }, "found") : null)),
  h("tbody", null, cells.map((cell) => h("tr", { class: cell.wrong ? "wrong" : null }, h("th", { scope: "row" }, cell.field),
    before ? h("td", null, prose(cell.before)) : null, h("td", { class: "expected" }, prose(cell.expected || (cell.wrong ? "–" : ""))),
    known ? found(cell) : null))));
  const small = cells.length <= 4;
  return h("details", { class: `record ${wrong ? "wrong" : ""}`, open: Boolean(wrong) || !known || small },
    h("summary", { class: "recordhead" }, head), table);
}

function found(cell) {
  if (cell.wrong) return h("td", { class: "off" }, prose(cell.found || "–"));
  if (cell.found === cell.expected) return h("td", { class: "good" }, "✓", h("span", { class: "hidden" }, " as expected"));
  return h("td", null, h("span", { class: "good" }, "✓ "), prose(cell.found, "inline"));
}

// Why the task is under suspicion, and on what its attempts agree.
export function suspicion(detail) {
  const found = detail.suspect;
  if (!found) return null;
  return h("section", { class: "panel alert" }, h("h2", null, "Quarantined"), prose(found.reason),
    h("p", { class: "faint" }, "They agree in ", (found.ids || []).map((id) => [h("a", { href: talkLink(id) }, id), " "])),
    h("div", { class: "changes" }, (found.changes || []).map((record) => altered(record, true))));
}
