// Small charts: bars that are rows of a table, histograms, intervals, and maps of heat.

import { h, s } from "./dom.js";
import { count, share } from "./texts.js";

// A bar of so much of a whole.
export function bar(part, of, kind) {
  const width = of ? Math.max((100 * part) / of, part ? 0.6 : 0) : 0;
  return h("span", { class: `bar ${kind || ""}`, "aria-hidden": "true" }, h("i", { style: { width: `${width}%` } }));
}

// Rows of name, bar, count and share; a row with `to` leads there.
export function barRows(rows, of, label) {
  return h("ul", { class: "bars", "aria-label": label },
    rows.map((row) => h("li", null, h(row.to ? "a" : "div", { class: "barrow", href: row.to || null },
      h("span", { class: "name" }, row.name), bar(row.count, row.of ?? of, row.kind),
      h("b", null, count(row.count)), h("span", { class: "faint" }, share(row.count, of))))));
}

// How a figure is spread: a column for each bin, what is kept below what is not.
export function histogram(bars, label) {
  const most = Math.max(1, ...bars.map(([, good, other]) => good + other));
  const told = bars.map(([name, good, other]) => `${name}: ${good + other}`).join(", ");
  const width = 100 / Math.max(bars.length, 1);
  const columns = bars.map(([name, good, other], place) => {
    const [low, high] = [(56 * good) / most, (56 * other) / most];
    return s("g", null, s("title", null, `${name}: ${count(good)} kept, ${count(other)} not`),
      s("rect", { class: "hit", x: place * width, y: 0, width, height: 60 }),
      s("rect", { class: "good", x: place * width + width * 0.08, y: 60 - low, width: width * 0.84, height: low }),
      s("rect", { class: "bad", x: place * width + width * 0.08, y: 60 - low - high, width: width * 0.84, height: high }));
  });
  const chart = s("svg", { viewBox: "0 0 100 60", class: "histogram", role: "img", "aria-label": `${label}: ${told}` }, columns);
  chart.setAttribute("preserveAspectRatio", "none");
  const [first, last] = [bars[0]?.[0] ?? "", bars.at(-1)?.[0] ?? ""];
  return h("figure", { class: "spread" }, h("figcaption", null, label), chart,
    h("div", { class: "axis faint" }, h("span", null, first), bars.length > 1 ? h("span", null, last) : null));
}

// A share with its interval, on a scale from 0 to 1.
export function interval(value, low, high, label) {
  const at = (share) => `${(100 * share).toFixed(2)}%`;
  return h("span", { class: "interval", role: "img", "aria-label": `${label}: ${at(low)} to ${at(high)}` },
    h("i", { style: { left: at(low), width: at(high - low) } }), h("b", { style: { left: at(value) } }));
}

// How hot a count is among others, from 0 to 1; small ones can still be told apart.
export function heat(number, most) {
  return number ? 0.15 + (0.85 * Math.log1p(number)) / Math.log1p(Math.max(most, 1)) : 0;
}

// A map of heat: rows by columns, `at` gives {count, title} or null where nothing can be.
export function heatMap(rows, columns, at, label, picked) {
  const longest = (names) => Math.max(...names.map((name) => name.length));
  const [cell, left, top] = [17, 8 + 6.3 * longest(rows), 14 + 5.3 * longest(columns)];
  const found = rows.flatMap((row, y) => columns.map((column, x) => ({ row, column, x, y, of: at(row, column) })));
  const most = Math.max(1, ...found.map(({ of }) => of?.count || 0));
  const [width, height] = [left + columns.length * cell + 3.6 * longest(columns), top + rows.length * cell + 4];
  const map = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "heatmap", role: "img", "aria-label": label },
    columns.map((name, x) => s("text", { class: "label", transform: `translate(${left + x * cell + 11},${top - 6}) rotate(-55)` }, name)),
    rows.map((name, y) => s("text", { class: "label", x: left - 6, y: top + y * cell + 12, "text-anchor": "end" }, name)),
    found.filter(({ of }) => of).map(({ row, column, x, y, of }) =>
      s("rect", { class: of.count ? "cell" : "cell none", x: left + x * cell + 1, y: top + y * cell + 1, width: cell - 2,
        height: cell - 2, rx: 2, style: { "--heat": heat(of.count, most) }, onclick: () => picked(row, column) },
      s("title", null, of.title))));
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, map);
}
