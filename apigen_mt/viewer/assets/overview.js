// The overview: the funnel of both phases, whose fault failures are, what the run is made of, and what it covers.

import { h } from "./dom.js";
import { brief, count, listLink, money, plainly, plural, share } from "./texts.js";
import { bar, barRows, heatMap, histogram, interval } from "./charts.js";
import { graph } from "./graph.js";

export function overviewPage(told) {
  const parts = [figures(told), funnel(told), arms(told), attempts(told), faults(told), spreads(told), coverage(told)];
  return h("main", { class: "overview", id: "main" }, h("h1", { class: "hidden" }, "Overview"), parts);
}

function section(title, note, ...children) {
  return h("section", null, h("h2", null, title, note ? h("small", null, note) : null), children);
}

function figures(told) {
  const draft = told.command === "draft";
  const phase = told.phases.at(-1) || {};
  const tokens = told.costs.reduce((sum, cost) => sum + cost.usage.prompt + cost.usage.completion, 0);
  const paid = told.costs.some((cost) => cost.dollars === null) ? null : told.costs.reduce((sum, cost) => sum + cost.dollars, 0);
  const tiles = [
    [share(phase.passed, phase.total), `${draft ? "tasks accepted" : "talks kept"}: ${count(phase.passed)} of ${count(phase.total)}`],
    [count(told.tasks), told.command === "draft" ? `tasks tried, ${count(told.asked)} wanted` : `of ${count(told.asked)} tasks asked`],
    tokens ? [brief(tokens), `tokens${told.good ? `, ${brief(tokens / told.good)} for each ${draft ? "accepted" : "kept"}` : ""}`] : told.models.length ? ["0", "tokens"] : ["no model", "rehearsal: no tokens, no cost"],
    tokens ? [paid === null ? "unknown" : money(paid), paid !== null && told.good ? `${money(paid / told.good)} for each ${draft ? "accepted" : "kept"}` : "cost"] : null,
  ];
  return h("div", { class: "tiles" }, tiles.filter(Boolean).map(([value, name]) =>
    h("div", { class: "tile" }, h("b", null, value), h("span", null, name))));
}

function funnel(told) {
  return section("Funnel", "what each gate let go; a line leads to its list", h("div", { class: "funnel" }, told.phases.map((one) => phase({ ...one, tried: told.command === "draft" }))));
}

function phase(one) {
  const priced = one.lost.some((lost) => lost.dollars !== null) || one.dollars !== null;
  const spent = one.tokens > 0 || one.lost.some((lost) => lost.tokens);
  const row = (kind, name, number, to, tokens, dollars) => h("tr", { class: kind },
    h("th", { scope: "row" }, to ? h("a", { href: to }, name) : name), h("td", { class: "grow" }, bar(number, one.total, kind)),
    h("td", { class: "number" }, count(number)), h("td", { class: "number faint" }, share(number, one.total)),
    spent ? h("td", { class: "number faint" }, tokens ? brief(tokens) : "") : null,
    priced ? h("td", { class: "number faint" }, money(dollars)) : null);
  return h("div", { class: "panel" }, h("h3", null, one.name),
    h("table", { class: "phase" }, h("thead", null, h("tr", null, h("th", { scope: "col" }, "gate"), h("td", { class: "grow" }),
      h("th", { scope: "col", class: "number" }, one.unit), h("th", { scope: "col", class: "number" }, "share"),
      spent ? h("th", { scope: "col", class: "number" }, "tokens") : null,
      priced ? h("th", { scope: "col", class: "number" }, "cost") : null)),
    h("tbody", null, row("all", one.unit === "talks" ? "played" : one.tried ? "tried" : "asked", one.total, null, one.tokens, one.dollars),
      one.lost.map((lost) => row(lost.status === "repeated" ? "" : "bad", `${plainly(lost.gate || lost.status)}${lost.fault ? ` (${lost.fault})` : ""}`, lost.count,
        lost.status === "repeated" ? null : listLink({ status: lost.status, gate: lost.gate, fault: lost.fault }), lost.tokens, lost.dollars)),
      row("good", one.outcome, one.passed, one.passed ? listLink({ status: one.outcome }) : null, 0, null))));
}

function arms(told) {
  const table = !told.arms?.length ? null : section("First attempt, blind, feedback", "the same author on the same tasks, with Wilson's 95 % interval",
    h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "the arms" }, h("table", null, h("thead", null, h("tr", null,
      ["arm", "accepted", "share", "", "author calls", "tokens"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, told.arms.map((arm) => h("tr", null, h("th", { scope: "row" }, arm.arm),
      h("td", null, `${count(arm.accepted.count)} of ${count(arm.accepted.of)}`), h("td", null, share(arm.accepted.count, arm.accepted.of)),
      h("td", { class: "grow" }, interval(arm.accepted.count / (arm.accepted.of || 1), arm.accepted.low, arm.accepted.high, arm.arm)),
      h("td", { class: "number" }, count(arm.calls)), h("td", { class: "number" }, brief(arm.tokens))))))));
  const committee = !told.reviewers?.length ? null : section("Committee", null, barRows(told.reviewers.map((one) =>
    ({ name: `${one.name} (${one.model})`, count: one.reviews, of: one.reviews + one.abstained, kind: "good" })),
  Math.max(...told.reviewers.map((one) => one.reviews + one.abstained)), "reviews that came"));
  return [table, committee];
}

function attempts(told) {
  if (!told.at?.length) return null;
  const cell = (estimate) => [h("td", { class: "number" }, `${(100 * estimate.value).toFixed(1)} %`),
    h("td", { class: "grow" }, interval(estimate.value, estimate.low, estimate.high, "95 % interval"))];
  return section("Pass^k", "over tasks, with 95 % intervals", h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "pass^k" },
    h("table", { class: "passk" }, h("thead", null, h("tr", null, h("th", { scope: "col" }, "k"), h("th", { scope: "col", colspan: 2 }, "pass^k"),
      h("th", { scope: "col", colspan: 2 }, "(c/n)^k"), h("th", { scope: "col", colspan: 2 }, "pass@k"))),
    h("tbody", null, told.at.map((one) => h("tr", null, h("th", { scope: "row" }, one.k), cell(one.pass_hat), cell(one.plain), cell(one.pass_at)))))));
}

function faults(told) {
  const found = Object.entries(told.faults || {});
  const lost = found.reduce((sum, [, number]) => sum + number, 0);
  if (!lost && !told.reasons.length) return null;
  return h("div", { class: "two" },
    found.length ? section("Whose fault", plural(lost, "failure"), barRows(found.map(([fault, number]) =>
      ({ name: fault, count: number, kind: "bad", to: listLink({ fault }) })), lost, "faults")) : null,
    section("Commonest reasons", null, h("ol", { class: "commonest" }, told.reasons.map(([number, gate, why]) =>
      h("li", null, h("b", null, count(number)), h("a", { href: listLink({ gate }) }, plainly(gate)),
        h("span", { class: "faint clip", title: why, dir: "auto" }, why))))));
}

function spreads(told) {
  const numbers = told.spreads.filter((one) => one.unit === "numbers" && one.bars.length);
  const names = told.spreads.filter((one) => one.unit === "names" && one.bars.length);
  const facet = { kinds: "kind", operators: "operator", ends: "end" };
  return section("What it is made of", "green: kept, red: not",
    numbers.length ? h("div", { class: "spreads" }, numbers.map((one) => histogram(one.bars, one.name))) : null,
    h("div", { class: "three" }, names.map((one) => h("div", { class: "panel" }, h("h3", null, one.name),
      barRows(one.bars.slice(0, 12).map(([name, good, other]) => ({ name, count: good + other, kind: "",
        to: linked(told, facet[one.name], name) })), told.entries, one.name)))));
}

// The list of a value that is shown with spaces.
function linked(told, facet, shown) {
  const value = Object.keys(told.facets[facet] || {}).find((one) => plainly(one) === shown);
  return value ? listLink({ [facet]: value }) : null;
}

function coverage(told) {
  const map = told.map;
  if (!map) return section("Coverage", null, h("p", { class: "faint" }, "The domain is not at hand, so what its tasks cover cannot be told."));
  const covered = map.edges.filter((edge) => edge.count).length;
  const used = map.nodes.filter((node) => node.count).length;
  const edges = new Map(map.edges.map((edge) => [`${edge.source} ${edge.target}`, edge]));
  const at = (source, target) => {
    const edge = edges.get(`${source} ${target}`);
    return edge ? { count: edge.count, title: `${source} → ${target} (${edge.feeds.join(", ")}): ${plural(edge.count, "task")}` } : null;
  };
  const sources = map.nodes.filter((node) => map.edges.some((edge) => edge.source === node.tool)).map((node) => node.tool);
  const targets = map.nodes.filter((node) => map.edges.some((edge) => edge.target === node.tool)).map((node) => node.tool);
  const note = `${plural(map.tasks, "task")} that ${map.tasks === 1 ? "stands" : "stand"}${map.left_out ? `, ${count(map.left_out)} of another version of the domain left out` : ""}`;
  return [
    section("API graph", `${used} of ${map.nodes.length} tools and ${covered} of ${map.edges.length} edges are used; ${note}`,
      map.nodes.length ? graph(map) : null,
      h("p", { class: "legend faint" }, h("i", { class: "key reads" }), " reads ", h("i", { class: "key writes" }), " writes; the darker, the more tasks. A tool leads to the talks that call it.")),
    section("Coverage of the edges", "what one tool shows (row) is given to another (column)",
      heatMap(sources, targets, at, "tasks by edge of the API graph", (source) => { location.hash = listLink({ tool: source }); })),
    section("Coverage of the policy", `${map.clauses.filter((one) => one.count).length} of ${map.clauses.filter((one) => one.count || one.enforced === "tool").length} clauses that tools uphold matter in a task; rules uphold the others in every talk`, clauses(map)),
  ];
}

function clauses(map) {
  const most = Math.max(1, ...map.clauses.map((one) => one.count));
  return h("ul", { class: "clauses" }, map.clauses.map((one) => h("li", { class: one.count || one.enforced !== "tool" ? "" : "none" },
    h(one.count ? "a" : "span", { class: "clause", href: one.count ? listLink({ clause: one.number }) : null }, one.number),
    h("span", { class: "words", title: `upheld by ${one.by.join(", ") || one.enforced}` }, one.text), bar(one.count, most, "accent"),
    h("b", null, one.count || one.enforced === "tool" ? count(one.count) : ""), h("span", { class: "faint" }, one.refused ? `${count(one.refused)} refused` : one.enforced === "tool" ? "" : one.enforced === "rule" ? "every talk" : "read by a model"))));
}
