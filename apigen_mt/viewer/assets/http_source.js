// The data over HTTP, from the server that shows a run: asked for when it is wanted, and again when there is more.

import { h, refill } from "./dom.js";
import { count } from "./texts.js";

const LOOK_EVERY = 1000;
const LOOK_HIDDEN = 5000;
const LOOK_STILL = 20000;
const PARAMETERS = ["text", "status", "kind", "gate", "fault", "mark", "end", "tool", "clause", "operator", "temperament", "persona",
  "sort", "descending", "offset", "limit"];

// What the server says to a request, or an error with its reason in one line; `status` is 0 where nobody answers.
async function answered(path, options) {
  let found;
  try {
    found = await fetch(path, { cache: "no-store", credentials: "omit", redirect: "error", ...options });
  } catch {
    throw Object.assign(new Error("the server does not answer: it may have been ended"), { status: 0 });
  }
  const told = await found.json().catch(() => ({ error: "the server answered with something else" }));
  if (!found.ok) throw Object.assign(new Error(told.error || `the server answered ${found.status}`), { status: found.status });
  return told;
}

// The lines that a query asks for, as parameters; empty ones stay away.
function parameters(query) {
  const given = PARAMETERS.filter((name) => query[name] !== undefined && query[name] !== "" && query[name] !== false);
  return new URLSearchParams(given.map((name) => [name, String(query[name])]));
}

// A strip that says how far the run has come, and what is the matter; away where all of it is there.
function strip() {
  const element = h("div", { class: "live", role: "status", hidden: true });
  let version = null, moved = 0;
  document.body.append(element);

  function progress(state) {
    if (!state.whole) return `reading: ${count(state.tasks)} tasks so far`;
    const moving = Date.now() - moved < LOOK_STILL;
    const going = state.asked ? state.tasks < state.asked : moving;
    return going ? `${moving ? "live: " : ""}${count(state.tasks)} ${state.asked ? `of ${count(state.asked)} ` : ""}tasks so far` : "";
  }

  return (state, lost) => {
    if (version !== null && state.version !== version && state.whole) moved = Date.now();
    version = state.version;
    const unread = state.unread ? `${count(state.unread)} outcomes could not be read` : "";
    const words = lost || state.trouble || [progress(state), unread].filter(Boolean).join(", ");
    element.hidden = !words;
    element.className = `live ${lost || state.trouble ? "wrong" : ""}`;
    if (element.textContent !== words) refill(element, words);
  };
}

export async function openSource() {
  const token = document.getElementById("token").dataset.token;
  const tell = strip();
  let state = await answered("api/state");
  let last = { total: 0, rows: [] }, told = {};
  tell(state);

  // Whoever picks a filter is not disturbed.
  const busy = () => document.activeElement?.matches("select") ?? false;

  function watch(changed) {
    let seen = `${state.version} ${state.figures}`;
    async function look() {
      try {
        state = await answered("api/state");
        tell(state);
        const now = `${state.version} ${state.figures}`;
        if (now !== seen && !busy()) {
          seen = now;
          await changed();
        }
      } catch (error) {
        tell(state, error.message);
      }
      setTimeout(look, document.hidden ? LOOK_HIDDEN : LOOK_EVERY);
    }
    setTimeout(look, LOOK_EVERY);
  }

  return {
    async overview() {
      told = await answered("api/overview").catch(() => told);
      return told;
    },
    async list(query) {
      try {
        last = await answered(`api/list?${parameters(query)}`);
      } catch (error) {
        if (error.status) last = { total: 0, rows: [] };
        tell(state, error.message);
      }
      return last;
    },
    async talk(id) {
      return answered(`api/talk/${encodeURIComponent(id)}`).catch((error) => {
        if (error.status === 404) return null;
        throw error;
      });
    },
    marks: !state.markable ? null : {
      get: (id) => answered(`api/mark/${encodeURIComponent(id)}`),
      set: (id, said) => answered(`api/mark/${encodeURIComponent(id)}`, { method: "POST", body: JSON.stringify(said), keepalive: true,
        headers: { "content-type": "application/json", "x-apigen-mt-token": token } }),
    },
    onchange: watch,
  };
}
