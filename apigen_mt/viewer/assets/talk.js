// A talk as a conversation, with its verdict beside it.

import { h } from "./dom.js";
import { called, laidOut, oneLine, plainly, plural, prose, talkLink } from "./texts.js";
import { changes, gates, suspicion } from "./evidence.js";
import { given, ledger, making, mind, siblings, solution } from "./task.js";
import { badge } from "./list.js";
import { markPanel } from "./marks.js";

const WIDTH = 150;
const PARTS = [["talk", "Talk"], ["gates", "Gates"], ["state", "Change of state"], ["mind", "Task"], ["ledger", "Ledger"], ["making", "Origin"]];

// The view of one entry; `near` tells the ids before and after it on the list.
export function talkView(source, detail, near) {
  const flags = flagged(detail);
  const [lines, wrapped] = [detail.talk?.lines || [], new Map()];
  const origin = (detail.rounds || []).length ? part("making", "Rounds and votes", making(detail)) : null;
  const told = h("div", { class: "turns" }, lines.map((line) => {
    const element = turn(detail, line, flags.get(line.turn) || []);
    wrapped.set(line.turn, element);
    return element;
  }));
  const element = h("main", { class: "talk", id: "main" }, heading(source, detail, near), suspicion(detail),
    h("div", { class: "columns" },
      h("div", { class: "left" }, detail.talk ? part("talk", "Talk", [told, ending(detail)]) : part("mind", "Task", mind(detail)), detail.talk ? null : part("solution", "What they raise, and the calls that solve it", solution(detail)), origin && !detail.talk ? origin : null),
      h("div", { class: "right" }, detail.talk ? part("gates", "Gates", gates(detail)) : reasons(detail),
        detail.task ? part("state", "Change of state", changes(detail)) : null,
        detail.talk ? part("mind", "Task", mind(detail)) : null, part("ledger", detail.talk ? "What they know, and when it was told" : "What they know", ledger(detail)),
        detail.talk ? fold("solution", "What they raise, and the calls that solve it", solution(detail)) : null,
        detail.talk ? part("siblings", "Attempts at this task", siblings(detail)) : null,
        detail.talk || !origin ? origin || fold("making", "Where it comes from", making(detail)) : null,
        detail.talk ? fold("given", "What the agent was given", given(detail)) : null)));
  let here = null;

  function goTo(number, quiet) {
    const found = wrapped.get(number);
    if (!found) return;
    for (const one of wrapped.values()) one.classList.remove("here");
    found.classList.add("here");
    here = number;
    if (!quiet) found.scrollIntoView({ block: "center" });
  }

  return {
    element,
    name: "talk",
    id: detail.id,
    turn: goTo,
    key(name) {
      const known = [...wrapped.keys()];
      const place = known.indexOf(here);
      if (name === "j" || name === "k") {
        const next = known[Math.min(known.length - 1, Math.max(0, place + (name === "j" ? 1 : -1)))];
        if (next !== undefined) { history.replaceState(null, "", talkLink(detail.id, next)); goTo(next); }
      } else if (name === "n" && near.after) location.hash = talkLink(near.after);
      else if (name === "p" && near.before) location.hash = talkLink(near.before);
      else if (name === "Enter" && wrapped.get(here)) for (const fold of wrapped.get(here).querySelectorAll("details")) fold.open = !fold.open;
      else if (name === "Escape") location.hash = near.back;
      else return false;
      return true;
    },
  };
}

function part(id, title, content) {
  return content ? h("section", { class: `panel ${id}`, "data-part": id }, h("h2", null, title), content) : null;
}

function fold(id, title, content) {
  return content ? h("details", { class: `panel ${id}`, "data-part": id }, h("summary", null, h("h2", null, title)), content) : null;
}

function heading(source, detail, near) {
  const talk = detail.talk;
  const cast = Object.entries(talk?.cast || {}).map(([role, who]) => `${role} ${who}`).join(", ");
  const tokens = Object.values(talk?.usage || {}).reduce((sum, [sent, got]) => sum + sent + got, 0);
  const why = detail.gate ? [h("span", null, talk ? "failed at " : "sent back by ", h("b", null, plainly(detail.gate))),
    detail.fault && detail.fault !== "judge" ? h("span", null, `, fault of the ${detail.fault}`) : null] : null;
  return h("header", { class: "talkhead" },
    h("nav", { class: "walk", "aria-label": "talks" }, h("a", { href: near.back }, "‹ list"),
      near.before ? h("a", { href: talkLink(near.before), title: "p" }, "previous") : null, near.after ? h("a", { href: talkLink(near.after), title: "n" }, "next") : null),
    h("h1", null, badge(detail.status), " ", h("span", { class: "title" }, h("b", null, detail.id), " ", plainly(detail.kind)), why ? h("span", { class: "why" }, why) : null),
    h("p", { class: "faint" }, [talk ? `ended by ${plainly(talk.end_reason)}${talk.ended_by ? ` (${oneLine(talk.ended_by, 100)})` : ""}` : null,
      detail.task ? `${detail.task.domain} ${detail.task.snapshot}` : null, cast || null, tokens ? plural(tokens, "token") : null].filter(Boolean).join(" · ")),
    h("nav", { class: "parts", "aria-label": "parts" }, PARTS.filter(([id]) => talk || !["talk", "gates"].includes(id)).map(([id, name]) => h("button", { type: "button", onclick: () => {
      const found = document.querySelector(`[data-part="${id}"]`);
      if (found?.tagName === "DETAILS") found.open = true;
      found?.scrollIntoView();
    } }, name))),
    markPanel(source, detail.id));
}

function reasons(detail) {
  const found = detail.reasons || [];
  return found.length ? part("reasons", "Why it was let go", h("ul", null, found.map(([stage, reason]) => h("li", null, h("b", null, plainly(stage)), " ", prose(reason))))) : null;
}

// What failing gates say of each turn.
function flagged(detail) {
  const found = new Map();
  for (const gate of detail.talk?.gates || []) {
    for (const finding of gate.status === "fail" ? gate.evidence || [] : []) {
      if (finding.turn !== undefined && finding.turn !== null) found.set(finding.turn, [...(found.get(finding.turn) || []), [gate.gate, finding.text]]);
    }
  }
  return found;
}

function turn(detail, line, flags) {
  const who = line.tool || line.outcome ? "call" : line.speaker;
  const kind = `${who} ${line.outcome || ""} ${line.beside ? "beside" : ""} ${line.masked ? "masked" : ""} ${flags.length ? "flagged" : ""}`;
  return h("article", { class: `turn ${kind}`, "data-turn": line.turn },
    h("div", { class: "turnhead" }, h("b", null, who === "call" ? (line.speaker === "human" ? "call of the person" : line.writes ? "write" : "call") : line.speaker),
      acted(line.acted), line.beside ? h("span", { class: "faint" }, "beside calls, not shown to the person") : null,
      h("a", { class: "anchor", href: talkLink(detail.id, line.turn), "aria-label": `turn ${line.turn}` }, line.turn)),
    line.reasoning ? h("details", { class: "reasoning" }, h("summary", null, "reasoning"), prose(line.reasoning)) : null,
    who === "call" ? call(line) : prose(line.text),
    notes(line), flags.map(([gate, text]) => h("div", { class: "flag" }, h("b", null, plainly(gate)), " ", prose(text, "inline"))));
}

function acted(given) {
  if (!given) return null;
  const facts = (given.facts || []).join(", ");
  return h("span", { class: "acted faint" }, given.act, facts ? h("span", { class: "facts" }, `tells ${facts}`) : null,
    given.agreed ? h("span", { class: "facts" }, `agrees to: ${oneLine(given.agreed, 80)}`) : null);
}

function call(line) {
  const result = line.outcome === "result" ? JSON.stringify(line.result ?? null) : String(line.result ?? "");
  const refused = line.outcome !== "result";
  const head = [h("code", { class: "made" }, called(line.tool, line.arguments, 80)), h("code", { class: refused ? "came bad" : "came" },
    refused ? `${line.outcome === "fault" ? "fault" : "refused"}${line.clause ? ` by clause ${line.clause}` : ""}: ` : "", oneLine(result, WIDTH))];
  return h("details", { class: "folded" }, h("summary", null, head),
    h("pre", null, prose(laidOut(line.arguments || {}))), h("pre", null, prose(laidOut(line.result))),
    line.raw ? h("div", { class: "bad" }, "as written: ", prose(line.raw, "inline")) : null);
}

function notes(line) {
  const found = [line.promoted ? "written as text, taken for a call" : null, line.mishap ? `in store: ${line.mishap}` : null,
    line.masked ? `not learned from: ${line.masked}` : null, line.recovery ? `learned: ${line.recovery}` : null].filter(Boolean);
  return found.length ? h("div", { class: "notes" }, found.map((text) => h("span", { class: "tag" }, text))) : null;
}

function ending(detail) {
  const talk = detail.talk;
  return h("p", { class: "ending faint" }, `The talk ended by ${plainly(talk.end_reason)}.`);
}
