// "/" goes to the search, "?" lists the keys, and [data-key] gives a link or button a letter. One-letter
// keys can be turned off (WCAG 2.1.4); the choice stays in this browser.
(() => {
  "use strict";
  const STORE = "concordat.keys";
  const dialog = document.getElementById("keys");
  const toggle = document.getElementById("keys-on");
  const visible = (element) => element.getClientRects().length > 0;

  function enabled() {
    try {
      return window.localStorage.getItem(STORE) !== "off";
    } catch {
      return true;
    }
  }

  function typing(target) {
    return target.isContentEditable || target.matches("input, select, textarea");
  }

  function list() {
    const body = dialog.querySelector("[data-keys]");
    body.replaceChildren();
    for (const element of document.querySelectorAll("[data-key]")) {
      const row = document.createElement("div");
      const key = document.createElement("dt");
      const what = document.createElement("dd");
      key.textContent = element.dataset.key;
      what.textContent = element.textContent.trim();
      row.append(key, what);
      body.append(row);
    }
  }

  function show() {
    list();
    toggle.checked = enabled();
    dialog.showModal();
  }

  if (!dialog) return;
  for (const opener of document.querySelectorAll("[data-show-keys]")) {
    opener.hidden = false;
    opener.addEventListener("click", show);
  }
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  toggle.addEventListener("change", () => {
    try {
      window.localStorage.setItem(STORE, toggle.checked ? "on" : "off");
    } catch { /* a browser that keeps nothing keeps its keys on */ }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (!enabled() || document.querySelector("dialog[open]")) return;
    if (event.key === "?") return show();
    const all = event.key === "/" ? document.querySelectorAll("main input[type=search], input[type=search]")
      : /^[a-z]$/.test(event.key) ? document.querySelectorAll(`[data-key="${event.key}"]`) : [];
    const found = [...all].filter(visible);
    const chosen = found.find((element) => element.closest("main")) ?? found[0];
    if (!chosen) return;
    event.preventDefault();
    if (event.key === "/") chosen.focus();
    else chosen.click();
  });
})();
