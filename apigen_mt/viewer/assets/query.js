// Lines of a list by a query: filtered, searched, sorted, and a page of them.

const ONE = ["status", "kind", "gate", "fault", "persona", "temperament"];
const SEVERAL = { tool: "tools", clause: "clauses", operator: "operators" };

// Lines that fit; `texts` are what is searched of each, in lower case, where the query has a text.
export function matching(lines, query, texts) {
  const words = (query.text || "").toLowerCase().split(/\s+/).filter(Boolean);
  let found = [];
  lines.forEach((line, place) => {
    if (ONE.some((name) => query[name] && (line[name] ?? "") !== query[name])) return;
    if (query.end && line.end_reason !== query.end) return;
    if (Object.entries(SEVERAL).some(([name, of]) => query[name] && !(line[of] || []).includes(query[name]))) return;
    if (!words.every((word) => texts[place].includes(word))) return;
    found.push([line, place]);
  });
  if (query.sort) found.sort(([a, at], [b, bt]) => compared(a[query.sort], b[query.sort]) || at - bt);
  if (query.descending) found.reverse();
  const offset = query.offset || 0;
  return { total: found.length, rows: found.slice(offset, offset + (query.limit || 100)).map(([line]) => line) };
}

function compared(one, other) {
  if (typeof one === "string" || typeof other === "string") {
    const [a, b] = [one ?? "", other ?? ""];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return (one ?? 0) - (other ?? 0);
}

// What of an entry is searched: the words of task and talk, tools with what they are given, and what was found wrong.
export function textOf(detail) {
  const task = detail.task || {}, talk = detail.talk || {};
  const parts = [detail.id, task.blueprint, task.instruction, task.persona];
  for (const call of [...(task.actions || []), ...(talk.lines || [])]) {
    parts.push(call.tool, call.text, ...strings(call.arguments));
  }
  for (const gate of talk.gates || []) {
    if (gate.status === "fail") for (const finding of gate.evidence || []) parts.push(finding.text);
  }
  for (const [, reason] of detail.reasons || []) parts.push(reason);
  return parts.filter(Boolean).join("\n");
}

function strings(value) {
  if (typeof value === "string") return [value];
  return value && typeof value === "object" ? Object.values(value).flatMap(strings) : [];
}
