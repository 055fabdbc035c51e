// Keeps what is typed into <form data-keep="key"> in this tab until it is saved, and offers it again after a reload,
// a lost connection or a sign-in. Somebody else who signs in here, and signing out, clear it.
window.concordat = window.concordat ?? {};
window.concordat.kept = (() => {
  "use strict";
  const STORE = "concordat.kept:";
  let closed = false;
  const TOKENS = new Set(["csrfmiddlewaretoken", "once", "seen", "shown"]);
  const say = (text) => document.dispatchEvent(new CustomEvent("announce", { detail: text }));

  function all() {
    try {
      return Object.keys(window.sessionStorage).filter((name) => name.startsWith(STORE));
    } catch {
      return [];
    }
  }

  function read(key) {
    try {
      return JSON.parse(window.sessionStorage.getItem(STORE + key));
    } catch {
      return null;
    }
  }

  function write(key, value) {
    try {
      window.sessionStorage.setItem(STORE + key, JSON.stringify(value));
    } catch { /* a browser that keeps nothing: saving is not affected */ }
  }

  function drop(key) {
    try {
      window.sessionStorage.removeItem(STORE + key);
    } catch { /* nothing was kept */ }
  }

  const entries = (form) => [...new FormData(form)].filter(([, value]) => typeof value === "string");
  const words = (list) => JSON.stringify(list.filter(([name]) => !TOKENS.has(name))
    .map(([name, value]) => [name, value.replace(/\r\n/g, "\n")]));

  function put(form) {
    if (!closed) write(form.dataset.keep, { who: document.body.dataset.keeper, at: Date.now(), entries: entries(form) });
  }

  function mark(key, sent) {
    const found = read(key);
    if (found) write(key, { ...found, sent });
  }

  // Fill the form with what it said at another time; with `version`, also which state of the row it stands on.
  function fill(form, list, version) {
    for (const field of form.elements) {
      if (!field.name || field.type === "submit" || field.name === "csrfmiddlewaretoken" || (TOKENS.has(field.name) && !version)) continue;
      const values = list.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (field.type === "select-multiple") for (const one of field.options) one.selected = values.includes(one.value);
      else if (values.length || !TOKENS.has(field.name)) field.value = values[0] ?? "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function button(label, kind, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `usa-button ${kind}`;
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }

  function offer(form, found) {
    const box = document.createElement("div");
    const body = document.createElement("div");
    const text = document.createElement("p");
    const time = new Date(found.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    box.className = "usa-alert usa-alert--warning cc-kept";
    body.className = "usa-alert__body";
    text.className = "usa-alert__text";
    text.textContent = `What you typed here at ${time} was not saved. This browser has kept it.`;
    body.append(text, button("Put it back", "", () => {
      fill(form, found.entries, true);
      box.remove();
    }), button("Throw it away", "usa-button--unstyled", () => {
      drop(form.dataset.keep);
      box.remove();
    }));
    box.append(body);
    form.before(box);
    say(text.textContent);
  }

  function begin() {
    const forms = [...document.querySelectorAll("form[data-keep]")];
    const keeper = document.body.dataset.keeper;
    const here = new Set(forms.map((form) => form.dataset.keep));
    const merging = document.querySelector("[data-merging]")?.dataset.merging;
    const changed = new URLSearchParams(window.location.search).get("changed");
    for (const name of all()) {
      const key = name.slice(STORE.length);
      const found = read(key);
      const over = found?.sent && document.getElementById("preview") && !here.has(key);
      if (!found || (keeper && found.who !== keeper) || key === changed || (over && key !== merging)) drop(key);
      else if (found.sent) mark(key, false);
    }
    for (const form of forms) {
      const found = read(form.dataset.keep);
      if (found && form.dataset.keep === merging) put(form);
      else if (found && words(found.entries) !== words(entries(form))) offer(form, found);
      else if (!form.querySelector(".cc-errors")) drop(form.dataset.keep);
      let timer = 0;
      form.addEventListener("input", () => {
        window.clearTimeout(timer);
        timer = window.setTimeout(() => put(form), 300);
      });
      form.addEventListener("submit", () => {
        window.clearTimeout(timer);
        put(form);
        mark(form.dataset.keep, true);
      });
      form.addEventListener("saved", () => {
        window.clearTimeout(timer);
        drop(form.dataset.keep);
      });
    }
    document.addEventListener("submit", (event) => {
      if (!event.target.action.endsWith("/accounts/logout/")) return;
      closed = true;
      for (const name of all()) drop(name.slice(STORE.length));
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-discard]");
      if (link) drop(link.dataset.discard);
    });
  }

  begin();
  return { put, fill, entries, words, button };
})();
