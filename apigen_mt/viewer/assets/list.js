// The list: filtered, searched, sorted, a page at a time, and walked by keys. Its query stands in the address.

import { h, refill } from "./dom.js";
import { brief, count, listLink, plainly, plural, talkLink } from "./texts.js";

const PAGE = 100;
const WAIT = 180;
const FILTERS = { status: "status", kind: "kind", gate: "gate", fault: "fault of", mark: "mark", end: "ended by", tool: "tool",
  clause: "clause", operator: "operator", temperament: "temperament", persona: "persona" };
const COLUMNS = [["task", "id", "number"], ["status", "status"], ["kind", "kind"], [null, "first words"], ["gate", "gate"],
  ["turns", "turns", "number"], ["calls", "calls", "number"], ["writes", "writes", "number"], ["tokens", "tokens", "number"]];

// The view of the list; `seen` is told which lines are on the page, for walking from talk to talk.
export function listView(source, told, seen) {
  let query = {}, chosen = null, rows = [], asked = 0, timer = 0;
  const search = h("input", { type: "search", id: "search", placeholder: "search tasks, talks, values  ( / )", spellcheck: "false",
    autocomplete: "off", "aria-label": "search", oninput: () => { clearTimeout(timer); timer = setTimeout(() => go({ text: search.value }), WAIT); } });
  const filters = h("div", { class: "filters" });
  const order = h("select", { class: "order", "aria-label": "sort by", onchange: () => go({ sort: order.value, descending: order.value !== "" && order.value !== "task" }) },
    h("option", { value: "" }, "in order"), COLUMNS.filter(([name]) => name && name !== "task").map(([name, label]) => h("option", { value: name }, `by ${label}`)));
  const total = h("p", { class: "total", role: "status" });
  const head = h("thead");
  const body = h("tbody");
  const pages = h("nav", { class: "pages", "aria-label": "pages" });
  const element = h("main", { class: "list", id: "main" }, h("h1", { class: "hidden" }, "Talks"),
    h("div", { class: "controls" }, search, order, filters), total, h("table", { class: "lines" }, head, body), pages);

  function go(change) {
    location.replace(listLink({ ...query, offset: "", ...change }));
  }

  function filtered() {
    return Boolean(Object.keys(FILTERS).some((name) => query[name]) || query.text);
  }

  function chooser(name, label) {
    const found = Object.entries(told.facets?.[name] || {});
    if (found.length < 1 || (found.length === 1 && !query[name] && !["gate", "status", "mark"].includes(name))) return null;
    const options = found.map(([value, number]) => h("option", { value, selected: query[name] === value },
      `${short(plainly(value))} (${count(number)})`));
    if (query[name] && !told.facets[name][query[name]]) options.push(h("option", { value: query[name], selected: true }, short(query[name])));
    return h("select", { "aria-label": label, class: query[name] ? "set" : null, "data-filter": name, onchange: (event) => go({ [name]: event.target.value }) },
      h("option", { value: "" }, label), options);
  }

  function controls() {
    if (document.activeElement !== search) search.value = query.text || "";
    refill(filters, Object.entries(FILTERS).map(([name, label]) => chooser(name, label)),
      filtered() ? h("button", { type: "button", class: "clear", onclick: () => { search.value = ""; location.replace("#/list"); } }, "clear") : null);
    order.value = query.sort || "";
    refill(head, h("tr", null, COLUMNS.map(([name, label, kind]) => {
      const sorted = name && (query.sort || "task") === name;
      const way = sorted ? (query.descending ? "descending" : "ascending") : null;
      return h("th", { scope: "col", class: kind || null, "aria-sort": way }, !name ? label : h("button", { type: "button", onclick: () =>
        go({ sort: name, descending: sorted ? !query.descending : kind === "number" && name !== "task" }) }, label,
      sorted ? (query.descending ? " ↓" : " ↑") : ""));
    })));
  }

  async function load() {
    const mine = asked += 1;
    const offset = Number(query.offset) || 0;
    const found = await source.list({ ...query, offset, limit: PAGE });
    if (mine !== asked) return;
    rows = found.rows;
    seen(rows.map((row) => row.id));
    if (!rows.some((row) => row.id === chosen)) chosen = null;
    refill(total, found.total ? plural(found.total, "entry", "entries") : filtered() ? "nothing fits: clear a filter, or search for less" : "nothing is there yet");
    refill(body, rows.map(line));
    refill(pages, found.total > PAGE ? [
      h("a", { href: offset ? listLink({ ...query, offset: Math.max(0, offset - PAGE) || "" }) : null, "aria-label": "earlier" }, "‹ earlier"),
      h("span", null, `${count(offset + 1)} to ${count(offset + rows.length)} of ${count(found.total)}`),
      h("a", { href: offset + PAGE < found.total ? listLink({ ...query, offset: offset + PAGE }) : null, "aria-label": "later" }, "later ›")] : null);
  }

  function line(row) {
    const number = (value, name) => h("td", { class: "number", "data-name": name }, value === undefined ? "" : brief(value));
    return h("tr", { "data-id": row.id, class: row.id === chosen ? "chosen" : null, onclick: (event) => { if (!event.target.closest("a")) location.hash = talkLink(row.id); } },
      h("td", { class: "number id" }, h("a", { href: talkLink(row.id), "aria-label": `open ${row.id}` }, row.id)),
      h("td", { class: "state" }, badge(row.status), row.mark ? h("span", { class: `mark ${/^[a-z]+$/.test(row.mark) ? row.mark : ""}` }, row.mark) : null),
      h("td", { class: "kind" }, plainly(row.kind)),
      h("td", { class: "first" }, h("span", { class: "clip", dir: "auto" }, row.first)),
      h("td", { class: "gate" }, row.gate ? h("span", { class: "bad" }, plainly(row.gate)) : null,
        row.fault ? h("span", { class: "faint" }, ` (${row.fault})`) : null),
      row.turns ? number(row.turns, "turns") : h("td", { class: "none" }), number(row.calls, "calls"), number(row.writes, "writes"), row.tokens ? number(row.tokens, "tokens") : h("td", { class: "none" }));
  }

  function choose(step) {
    if (!rows.length) return;
    const place = rows.findIndex((row) => row.id === chosen);
    const next = Math.min(rows.length - 1, Math.max(0, place < 0 ? (step > 0 ? 0 : rows.length - 1) : place + step));
    chosen = rows[next].id;
    for (const row of body.children) row.classList.toggle("chosen", row.dataset.id === chosen);
    body.children[next].scrollIntoView({ block: "nearest" });
  }

  return {
    element,
    name: "list",
    async update(given) { query = given; controls(); await load(); },
    async refresh(overview) { told = overview; controls(); await load(); },
    key(name) {
      if (name === "j" || name === "ArrowDown") choose(1);
      else if (name === "k" || name === "ArrowUp") choose(-1);
      else if (name === "Enter" && chosen) location.hash = talkLink(chosen);
      else if (name === "/") { search.focus(); search.select(); }
      else if (name === "Escape") location.hash = "#/";
      else return false;
      return true;
    },
    mark(id) { chosen = id; for (const row of body.children) row.classList.toggle("chosen", row.dataset.id === id); },
  };
}

export function badge(status) {
  return h("span", { class: `badge ${["kept", "accepted"].includes(status) ? "good" : status === "withheld" ? "warn" : "bad"}` }, status);
}

function short(text) {
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}
