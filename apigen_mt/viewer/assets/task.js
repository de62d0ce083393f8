// The task: what the person has in mind, the ledger with what was told when, the solution, the rounds and their votes.

import { h } from "./dom.js";
import { called, laidOut, plainly, prose, talkLink } from "./texts.js";
import { turnLink } from "./evidence.js";

export function tags(names, kind) {
  return (names || []).map((name) => h("span", { class: `tag ${kind || ""}` }, name));
}

// What they have in mind, who they are, and what is to come of it.
export function mind(detail) {
  const task = detail.task;
  if (!task) return h("p", { class: "faint" }, "No task came of it.");
  const pairs = [["person", task.person], ["persona", task.persona], ["temperament", detail.talk?.temperament],
    ["must hear", (task.outputs || []).map(([label, value]) => `${label}: ${value}`).join("; ")],
    ["must hold", (task.assertions || []).join("; ")], ["on the way", (task.mishaps || []).join("; ")],
    ["not given to the agent", (task.withheld || []).join(", ")]];
  const refusal = task.refusal;
  return h("div", null, prose(task.instruction, "instruction"),
    h("p", { class: "tags" }, tags(task.operators), tags((task.clauses || []).map((clause) => `clause ${clause}`))),
    h("dl", null, pairs.filter(([, value]) => value).map(([name, value]) => [h("dt", null, name), h("dd", null, prose(value))]),
      refusal ? [h("dt", null, "to be refused"), h("dd", null, h("code", null, called(refusal.forbidden.tool, refusal.forbidden.arguments, 60)),
        prose(`clause ${refusal.clause}: ${refusal.label} is ${refusal.value} (${refusal.path})`))] : null));
}

const TIERS = { "told unasked": "unasked", "told if asked": "if asked", "not known": "cannot" };

// The ledger: every fact, how it may be told, and the turns in which it was.
export function ledger(detail) {
  const told = new Map((detail.talk?.ledger || []).map((one) => [one.name, one.turns || []]));
  const facts = detail.task?.facts || [];
  if (!facts.length) return null;
  return h("table", { class: "ledger" }, h("thead", null, h("tr", null, ["fact", "value", "to be told", ...(detail.talk ? ["told in"] : [])].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, facts.map((fact) => h("tr", null, h("th", { scope: "row", title: fact.name }, fact.label),
      h("td", null, prose(fact.value || "they do not know"), fact.first ? h("span", { class: "faint" }, "first: ", prose(fact.first, "inline")) : null),
      h("td", { class: "faint" }, TIERS[fact.tier] || fact.tier), detail.talk ? h("td", null, turns(detail.id, told.get(fact.name) || [])) : null))));
}

function turns(id, found) {
  return found.length ? found.map((turn) => [turnLink(id, turn), " "]) : h("span", { class: "faint" }, "–");
}

// What they raise, and the calls that solve it.
export function solution(detail) {
  const task = detail.task;
  if (!task) return null;
  return h("div", null, h("ol", { class: "stages" }, (task.stages || []).map((stage) => h("li", null, prose(stage.say), h("span", { class: "tag" }, stage.wants),
    stage.hangs_on ? h("div", { class: "faint" }, "only if ", prose(stage.hangs_on, "inline")) : null,
    stage.otherwise ? h("div", { class: "faint" }, "otherwise ", prose(stage.otherwise, "inline")) : null,
    stage.change ? h("div", { class: "faint" }, "then: ", prose(stage.change, "inline")) : null))),
  h("ol", { class: "calls" }, (task.actions || []).map((call) => h("li", null, call.actor === "human" ? "the person: " : null,
    h("code", null, called(call.tool, call.arguments, 120))))));
}

// How the task came to be: rounds, votes, feedback.
export function making(detail) {
  const made = Object.entries(detail.task?.made || {}).filter(([, value]) => value && value !== "0");
  const more = detail.talk ? [["seed", detail.talk.seed], ["final state", detail.talk.fingerprint], ["touched", (detail.talk.touched || []).join(", ")]] : [];
  const named = detail.task ? [["blueprint", detail.task.blueprint], ["snapshot", detail.task.snapshot], ["domain", detail.task.domain]] : [];
  return h("div", null, rounds(detail.rounds || []), (detail.blind || []).length ? [h("h3", null, "Asked again without feedback"), rounds(detail.blind)] : null,
    h("dl", null, [...made, ...named, ...more].filter(([, value]) => value !== "" && value !== undefined).map(([name, value]) => [h("dt", null, name), h("dd", null, prose(value))])));
}

function rounds(found) {
  return found.map((round, number) => h("div", { class: `round ${round.stood ? "stood" : ""}` },
    h("p", null, h("b", null, `Round ${number}`), " ", round.stood ? h("span", { class: "good" }, "stands") : h("span", { class: "bad" }, `sent back by ${plainly(round.gate)}`),
      round.votes ? h("span", { class: "faint" }, ` ${round.votes}`) : null),
    h("ul", null, (round.reasons || []).map((reason) => h("li", null, prose(reason)))),
    (round.ballots || []).length ? ballots(round.ballots) : null,
    round.plan ? h("details", null, h("summary", null, "the plan that the author was given"), prose(round.plan)) : null));
}

function ballots(found) {
  const criteria = [...new Set(found.flatMap((ballot) => Object.keys(ballot.marks || {})))];
  const cell = (mark) => !mark ? h("td", null, "–") : h("td", null, h("details", null,
    h("summary", { class: mark[0] ? "good" : "bad" }, mark[0] ? "yes" : "no"), prose(mark[1])));
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "votes" }, h("table", { class: "votes" },
    h("thead", null, h("tr", null, h("th", { scope: "col" }, "reviewer"), criteria.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, found.map((ballot) => h("tr", null, h("th", { scope: "row" }, ballot.reviewer, h("span", { class: "faint" }, ` ${ballot.model || ""}`)),
      ballot.abstained ? h("td", { colspan: criteria.length || 1 }, "abstained: ", prose(ballot.abstained, "inline")) : criteria.map((name) => cell(ballot.marks[name])))))));
}

// What the agent was given.
export function given(detail) {
  if (!detail.talk) return null;
  return h("div", null, h("details", null, h("summary", null, "policy, as the agent was told"), prose(detail.talk.policy)),
    (detail.talk.tools || []).map((tool) => h("details", null, h("summary", null, h("code", null, String(tool.function?.name ?? tool.name ?? "tool"))),
      h("pre", null, prose(laidOut(tool.function ?? tool))))));
}

// The other attempts at the task.
export function siblings(detail) {
  const found = detail.siblings || [];
  if (found.length < 2) return null;
  return h("ul", { class: "siblings" }, found.map((one) => h("li", { class: one.id === detail.id ? "here" : null },
    h("a", { href: talkLink(one.id), "aria-current": one.id === detail.id ? "page" : null }, one.id), h("span", { class: ["kept", "accepted"].includes(one.status) ? "good" : "bad" }, one.status),
    one.gate ? h("span", null, plainly(one.gate)) : null, one.why ? h("span", { class: "faint clip", dir: "auto" }, one.why) : null)));
}
