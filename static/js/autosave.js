// Saves <form data-autosave="/address"> as it is typed: when typing stops, on leaving a field and on leaving the page.
// The server answers in JSON (agreements/views/saving.py). What can't be saved is kept by kept.js.
(() => {
  "use strict";
  const PAUSE = 1500;
  const FIRST = 5000;
  const LONGEST = 60000;
  const LIVES_ON = 60000;
  const { kept } = window.concordat;

  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  // Errors at their fields, in the markup of templates/ui/field_notes.html.
  function clear(form) {
    form.querySelector(".cc-errors")?.remove();
    for (const note of form.querySelectorAll(".usa-error-message")) note.remove();
    for (const group of form.querySelectorAll(".usa-form-group--error")) group.classList.remove("usa-form-group--error");
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.classList.remove("usa-input--error");
    }
  }

  function mend(form, errors) {
    clear(form);
    for (const [name, words] of Object.entries(errors)) {
      const group = form.querySelector(`#id_${CSS.escape(name)}_group`);
      if (!group) continue;
      for (let around = group.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
      const note = document.createElement("div");
      note.className = "usa-error-message";
      note.id = `id_${name}_error`;
      note.textContent = words.join(" ");
      group.classList.add("usa-form-group--error");
      (group.querySelector(".usa-hint[id]") ?? group.querySelector("label, legend"))?.after(note);
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLElement) {
        field.setAttribute("aria-invalid", "true");
        const ids = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean).concat(note.id));
        field.setAttribute("aria-describedby", [...ids].join(" "));
      }
    }
  }

  function watch(form) {
    const note = form.querySelector("[data-saved]");
    const section = form.closest("section") ?? form;
    const opened = kept.entries(form);
    let last = kept.words(opened);
    let timer = 0;
    let wait = FIRST;
    let dirty = false;
    let busy = false;
    let over = false;
    let state = "";
    let undo = null;

    // Heard once for each turn of events, not for every save.
    function say(next, text) {
      note.textContent = text;
      note.dataset.state = next;
      if (next === "saving" || next === state) return;
      document.dispatchEvent(new CustomEvent("announce", { detail: text }));
      state = next;
    }

    function later(pause) {
      window.clearTimeout(timer);
      timer = window.setTimeout(save, pause);
    }

    function stands(answer) {
      for (const field of section.querySelectorAll("[name=seen]")) field.value = answer.seen;
      for (const field of form.querySelectorAll("[name=shown]")) field.value = answer.shown;
      const line = section.querySelector("[data-others]");
      if (line) {
        line.hidden = !answer.others.length;
        const names = answer.others.join(" and ");
        const text = line.hidden ? "" : `${names} ${answer.others.length > 1 ? "are" : "is"} also editing this.`;
        if (line.textContent.trim() !== text) line.textContent = text;
      }
    }

    function saved(answer) {
      wait = FIRST;
      stands(answer);
      clear(form);
      if (!dirty) form.dispatchEvent(new CustomEvent("saved"));
      say("saved", `Saved ${clock()}`);
      if (undo) return;
      undo = kept.button("Put back what it said when I opened this", "usa-button--unstyled", () => kept.fill(form, opened, false));
      note.after(undo);
    }

    function again(why) {
      dirty = true;
      say("failing", `Not saved: ${why}. Your words are kept in this browser; trying again every few seconds.`);
      later(wait);
      wait = Math.min(wait * 2, LONGEST);
    }

    function ended(text, link) {
      over = dirty = true;
      kept.put(form);
      say("ended", `Not saved: ${text}`);
      if (link) note.append(" ", link);
    }

    function signIn() {
      const link = document.createElement("a");
      link.className = "usa-link";
      link.href = `/accounts/login/?next=${encodeURIComponent(window.location.pathname + window.location.search)}`;
      link.textContent = "Sign in again";
      return link;
    }

    async function answered(response) {
      if (response.type === "opaqueredirect") {
        return ended("you have been signed out. Your words are kept in this browser.", signIn());
      }
      if (response.status >= 500 || response.status === 429) return again("the server is busy");
      const json = response.headers.get("Content-Type")?.startsWith("application/json");
      const answer = json ? await response.json() : {};
      if (answer.state === "saved") return saved(answer);
      if (answer.state === "invalid") {
        mend(form, answer.errors);
        const general = answer.errors.__all__?.join(" ");
        return say("invalid", `Not saved: ${general ?? "mend what is marked above."}`);
      }
      if (answer.state === "changed") return ended(`${answer.says} Press “Save” to put both together.`);
      if (answer.state) return ended(`${answer.says} Press “Save” to see what you can do with your words.`);
      return ended("you may no longer edit this, or you signed in anew. Your words are kept in this browser: reload the page.");
    }

    async function save() {
      window.clearTimeout(timer);
      if (!dirty || over) return;
      if (busy) return later(PAUSE);
      const entries = kept.entries(form);
      const said = kept.words(entries);
      dirty = false;
      if (said === last && state !== "failing") return;
      busy = true;
      say("saving", "Saving…");
      try {
        await answered(await send(entries));
        if (state === "saved") last = said;
      } catch {
        again("no connection");
      } finally {
        busy = false;
      }
    }

    function send(entries) {
      const body = new URLSearchParams(entries).toString();
      const headers = { "X-Autosave": "true", "Content-Type": "application/x-www-form-urlencoded" };
      const keepalive = body.length < LIVES_ON;
      return fetch(form.dataset.autosave, { method: "POST", body, headers, keepalive, credentials: "same-origin", redirect: "manual" });
    }

    // The answer is not waited for; kept.js offers the words again unless they turn out to be saved.
    function leave() {
      if (!dirty || over) return;
      kept.put(form);
      send(kept.entries(form)).catch(() => {});
    }

    form.addEventListener("input", () => {
      dirty = true;
      if (!over) later(PAUSE);
    });
    form.addEventListener("focusout", () => { if (state !== "failing") save(); });
    form.addEventListener("submit", () => {
      dirty = false;
      window.clearTimeout(timer);
    });
    window.addEventListener("online", save);
    window.addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
    window.addEventListener("beforeunload", (event) => { if (dirty && (over || state === "failing")) event.preventDefault(); });
  }

  for (const form of document.querySelectorAll("form[data-autosave]")) watch(form);
})();
