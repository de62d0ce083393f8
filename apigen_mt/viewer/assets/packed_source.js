// The data packed in the page.
//
// A source is what the page gets everything from: {
//   overview()    -> what overview.py makes; {} where there is none, as over a single task
//   list(query)   -> {total, rows}: lines as summaries.py makes them (without `text`). query: {text, status, kind, gate,
//                    fault, end, tool, clause, operator, persona, temperament, sort, descending, offset, limit}, each
//                    of which may be missing; `sort` is the name of a member of a line (default: the run's own order)
//   talk(id)      -> what detail.py makes, or null; members that are empty may be missing
//   marks         null, or whatever marks.js works with
//   onchange(cb)  calls cb whenever there is more to see; never where nothing changes
// } The first three return promises.

import { matching, textOf } from "./query.js";

const BLOCK = 32;
const KEPT = 12;

async function unpacked(id) {
  const element = document.getElementById(id);
  if (!element) return null;
  const signs = atob(element.textContent);
  const bytes = Uint8Array.from(signs, (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// Objects again, of what was packed by column; what is empty stays away.
function objects(columns) {
  const names = Object.keys(columns);
  const length = names.length ? columns[names[0]].length : 0;
  return Array.from({ length }, (_, row) => {
    const one = {};
    for (const name of names) if (columns[name][row] !== null) one[name] = columns[name][row];
    return one;
  });
}

// A detail with its task and its talk again.
function whole(flat, shared) {
  const one = {};
  for (const [name, value] of Object.entries(flat)) {
    const [part, member] = name.split(".");
    if (member) (one[part] ??= {})[member] = value;
    else one[part] = value;
  }
  for (const name of ["policy", "tools"]) {
    if (typeof one.talk?.[name] === "number") one.talk[name] = shared[one.talk[name]];
  }
  return one;
}

export async function openSource() {
  const [told, columns, shared] = await Promise.all(["overview", "lines", "shared"].map(unpacked));
  const lines = objects(columns);
  const places = new Map(lines.map((line, place) => [line.id, place]));
  const blocks = new Map();
  let texts = null;

  async function block(number) {
    if (!blocks.has(number)) {
      blocks.set(number, unpacked(`block-${number}`).then((found) => objects(found).map((flat) => whole(flat, shared))));
      if (blocks.size > KEPT) blocks.delete(blocks.keys().next().value);
    }
    return blocks.get(number);
  }

  // What is searched, made of everything once somebody searches.
  async function searched() {
    const found = [];
    for (let number = 0; number * BLOCK < lines.length; number += 1) {
      for (const detail of await block(number)) found.push(textOf(detail).toLowerCase());
    }
    return found;
  }

  return {
    overview: async () => told,
    async list(query) {
      if (query.text && texts === null) texts = searched();
      return matching(lines, query, query.text ? await texts : []);
    },
    async talk(id) {
      const place = places.get(id);
      return place === undefined ? null : (await block(Math.floor(place / BLOCK)))[place % BLOCK];
    },
    marks: null,
    onchange() {},
  };
}
