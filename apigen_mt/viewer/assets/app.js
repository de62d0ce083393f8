// The page: one view at a time, told by the address behind the #.

import { h, refill } from "./dom.js";
import { count, listLink, plainly } from "./texts.js";
import { overviewPage } from "./overview.js";
import { listView } from "./list.js";
import { talkView } from "./talk.js";
import { helpSheet, listen } from "./keys.js";
import { openSource } from "./packed_source.js";

const TALK = /^#\/talk\/([0-9.]+)(?:\/turn\/([0-9]+))?$/;

async function begin() {
  const source = await openSource();
  let told = await source.overview();
  let view = null, list = null, shown = [], back = "#/list", asked = 0;
  const single = !told.name;
  const place = h("div", { id: "view" });
  const tabs = h("nav", { class: "tabs", "aria-label": "views" });
  const sheet = helpSheet();
  const title = h("div", { class: "run" });
  refill(document.getElementById("page"), h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); document.getElementById("main")?.scrollIntoView(); } }, "to the content"),
    h("header", { class: "top" }, title, tabs, h("button", { type: "button", class: "help", "aria-label": "keys", onclick: () => sheet.showModal() }, "?")), place, sheet);

  function headed() {
    const models = (told.models || []).join(", ");
    refill(title, h("b", null, told.name || document.title), single ? null : h("span", { class: "faint" }, [told.command, told.domain, models || "rehearsal"].join(" · ")));
    const tab = (name, href, ...text) => h("a", { href, "aria-current": view?.name === name || (name === "list" && view?.name === "talk") ? "page" : null }, text);
    refill(tabs, single ? null : tab("overview", "#/", "Overview"), tab("list", back, told.command === "draft" ? "Tasks" : "Talks", told.entries ? h("span", { class: "count" }, count(told.entries)) : null));
  }

  function show(next) {
    if (view?.element !== next.element) refill(place, next.element);
    view = next;
    headed();
  }

  async function route() {
    const mine = asked += 1;
    const hash = location.hash || (single ? "" : "#/");
    const talk = TALK.exec(hash);
    if (talk) {
      const turn = talk[2] === undefined ? null : Number(talk[2]);
      if (view?.name !== "talk" || view.id !== talk[1]) {
        const detail = await source.talk(talk[1]);
        if (mine !== asked) return;
        if (!detail) return show(missing(`There is no talk ${talk[1]} in this run.`));
        const at = shown.indexOf(talk[1]);
        show(talkView(source, detail, { back, before: shown[at - 1], after: at < 0 ? undefined : shown[at + 1] }));
        if (turn === null) window.scrollTo(0, 0);
        list?.mark(talk[1]);
      }
      if (turn !== null) view.turn(turn);
    } else if (hash.startsWith("#/list") || single) {
      const query = Object.fromEntries(new URLSearchParams(hash.split("?")[1] || ""));
      if (query.descending !== undefined) query.descending = query.descending === "true";
      if (query.offset !== undefined) query.offset = Number(query.offset) || 0;
      back = listLink(query);
      const first = view?.name !== "list";
      list ??= listView(source, told, (ids) => { shown = ids; });
      await list.update(query);
      if (mine !== asked) return;
      show(list);
      if (first) document.querySelector("tr.chosen")?.scrollIntoView({ block: "center" });
    } else {
      const first = view?.name !== "overview";
      show({ name: "overview", element: overviewPage(told), key: (name) => name === "Enter" && ((location.hash = back), true) });
      if (first) window.scrollTo(0, 0);
    }
  }

  window.addEventListener("hashchange", route);
  listen(sheet, () => view, () => { location.hash = back; setTimeout(() => document.getElementById("search")?.focus(), 60); });
  source.onchange(async () => {
    told = await source.overview();
    if (view?.name === "overview") route();
    else if (list) await list.refresh(told);
    headed();
  });
  if (single && !location.hash) {
    const only = await source.list({ limit: 2 });
    if (only.total === 1) return location.replace(`#/talk/${only.rows[0].id}`);
  }
  await route();
}

function missing(text) {
  return { name: "missing", element: h("main", { class: "missing", id: "main" }, h("h1", null, plainly(text)), h("p", null, h("a", { href: "#/list" }, "to the list"))) };
}

begin().then(() => { document.documentElement.dataset.ready = "true"; }, (error) => {
  refill(document.getElementById("page"), h("main", { class: "missing" }, h("h1", null, "This page could not be read"), h("p", null, String(error.message))));
  throw error;
});
