// The API graph: tools in columns, the first ones need nothing that another has shown; edges as thick as they are used.

import { h, s } from "./dom.js";
import { count, listLink, plural } from "./texts.js";
import { heat } from "./charts.js";

const [WIDE, APART, HIGH, GAP] = [216, 170, 20, 6];

export function graph(map) {
  const most = Math.max(1, ...map.nodes.map((node) => node.count));
  const busiest = Math.max(1, ...map.edges.map((edge) => edge.count));
  const tallest = Math.max(...map.nodes.map((node) => node.row)) + 1;
  const height = tallest * (HIGH + GAP) + 8;
  const columns = Math.max(...map.nodes.map((node) => node.column)) + 1;
  const width = columns * WIDE + (columns - 1) * APART + 60;
  const places = new Map();
  for (const node of map.nodes) {
    const mates = map.nodes.filter((other) => other.column === node.column).length;
    const top = (height - mates * (HIGH + GAP)) / 2;
    places.set(node.tool, { x: 2 + node.column * (WIDE + APART), y: top + node.row * (HIGH + GAP) + GAP / 2 });
  }
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "graph", role: "group",
    "aria-label": `${plural(map.nodes.length, "tool")}, ${plural(map.edges.length, "edge")}` });
  const edges = map.edges.map((edge) => ({ edge, line: drawn(edge, places, busiest) }));
  edges.sort((a, b) => a.edge.count - b.edge.count);
  const nodes = map.nodes.map((node) => box(node, places.get(node.tool), most, (on) => {
    picture.classList.toggle("picking", on);
    const near = new Set([node.tool]);
    for (const { edge, line } of edges) {
      const mine = edge.source === node.tool || edge.target === node.tool;
      line.classList.toggle("near", on && mine);
      if (mine) near.add(edge.source).add(edge.target);
    }
    for (const { name, element } of nodes) element.classList.toggle("near", on && near.has(name));
  }));
  picture.append(s("g", { class: "edges" }, edges.map(({ line }) => line)), s("g", null, nodes.map(({ element }) => element)));
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "the API graph" }, picture);
}

function drawn(edge, places, busiest) {
  const [a, b] = [places.get(edge.source), places.get(edge.target)];
  const [y1, y2] = [a.y + HIGH / 2, b.y + HIGH / 2];
  const strength = edge.count ? Math.log1p(edge.count) / Math.log1p(busiest) : 0;
  let d;
  if (a.x < b.x) {
    const [from, to] = [a.x + WIDE, b.x];
    const bend = (to - from) / 2;
    d = `M${from},${y1} C${from + bend},${y1} ${to - bend},${y2} ${to},${y2}`;
  } else if (a.x === b.x) {
    const out = a.x + WIDE;
    const bend = 14 + Math.min(40, Math.abs(y2 - y1) / 6);
    d = `M${out},${y1} C${out + bend},${y1} ${out + bend},${y2} ${out},${y2}`;
  } else {
    const [from, to] = [a.x, b.x + WIDE];
    d = `M${from},${y1} C${from - 40},${y1} ${to + 40},${y2} ${to},${y2}`;
  }
  return s("path", { class: edge.count ? "edge" : "edge none", d,
    style: { "--strength": strength.toFixed(3), "stroke-width": (0.6 + 2.6 * strength).toFixed(2) } },
  s("title", null, `${edge.source} → ${edge.target} (${edge.feeds.join(", ")}): ${plural(edge.count, "task")}`));
}

function box(node, place, most, over) {
  const kind = `${node.writes ? "writes" : "reads"}${node.count ? "" : " none"}`;
  const element = s("g", { class: `node ${kind}`, transform: `translate(${place.x},${place.y})`, tabindex: "0", role: "link",
    "aria-label": `${node.tool}, ${node.writes ? "writes" : "reads"}, ${plural(node.count, "task")}`,
    onmouseenter: () => over(true), onmouseleave: () => over(false), onfocus: () => over(true), onblur: () => over(false),
    onclick: () => { location.hash = listLink({ tool: node.tool }); },
    onkeydown: (event) => { if (event.key === "Enter") { event.stopPropagation(); location.hash = listLink({ tool: node.tool }); } } },
  s("rect", { width: WIDE, height: HIGH, rx: 4, style: { "--heat": heat(node.count, most) } }),
  s("text", { class: "tool", x: 8, y: 14 }, node.tool.length > 27 ? `${node.tool.slice(0, 26)}…` : node.tool),
  s("text", { class: "number", x: WIDE - 7, y: 14, "text-anchor": "end" }, count(node.count)),
  s("title", null, `${node.tool}: ${node.writes ? "writes" : "reads"}, in ${plural(node.count, "task")}`));
  return { name: node.tool, element };
}
