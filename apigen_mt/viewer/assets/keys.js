// Keys: what they do in each view, and a sheet that says so.

import { h } from "./dom.js";

const SHEET = [["j  k", "next and previous line of the list, or turn of the talk"], ["Enter", "open the line; fold or unfold the turn"],
  ["n  p", "next and previous talk of the list"], ["/", "search"], ["Esc", "back"], ["?", "this sheet"]];

export function helpSheet() {
  const sheet = document.createElement("dialog");
  sheet.setAttribute("aria-label", "keys");
  sheet.append(h("h2", null, "Keys"), h("dl", null, SHEET.map(([key, does]) => [h("dt", null, h("kbd", null, key)), h("dd", null, does)])),
    h("button", { type: "button", onclick: () => sheet.close() }, "close"));
  return sheet;
}

// Listen for keys; `view()` is the view that is shown, `openList()` shows the list to search in.
export function listen(sheet, view, openList) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || sheet.open) return;
    const typing = event.target.closest?.("input, textarea, select");
    if (typing) {
      if (event.key === "Escape") typing.blur();
      else if (event.key === "Enter" && typing.type === "search") { typing.blur(); view()?.key?.("j"); }
      else return;
    } else if (event.key === "?") sheet.showModal();
    else if (event.key === "Enter" && event.target.closest?.("a, button, summary, [role=link]")) return;
    else if (event.key === "/" && view()?.name !== "list") openList();
    else if (!view()?.key?.(event.key)) return;
    event.preventDefault();
  });
}
