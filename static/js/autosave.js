// Saves <form data-autosave="/address"> as it is typed. What was typed never leaves the page on a failure;
// the form's own button always works too.
(() => {
  "use strict";
  const PAUSE = 1500;
  const RETRY = 10000;

  function watch(form) {
    const note = form.querySelector("[data-saved]");
    let timer = 0;
    let dirty = false;
    let busy = false;

    function say(text, spoken = true) {
      if (note) note.textContent = text;
      if (spoken) document.dispatchEvent(new CustomEvent("announce", { detail: text }));
    }

    function later(pause) {
      window.clearTimeout(timer);
      timer = window.setTimeout(save, pause);
    }

    function answered(response) {
      if (response.ok && !response.redirected) {
        const version = response.headers.get("X-Form-Version");
        const field = form.elements.namedItem("version");
        if (version && field) field.value = version;
        const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
        return say(`Saved at ${time}`, false);
      }
      dirty = true;
      if (response.status === 409 || response.status === 412) {
        return say("Someone else changed this meanwhile. Your text is still here: press the button to see both.");
      }
      if (response.redirected || response.status === 401 || response.status === 403) {
        return say("Not saved: you have been signed out, or may no longer edit this. Keep a copy of your text.");
      }
      if (response.status < 500) return say("Not saved yet: an answer needs mending.");
      later(RETRY);
      return say("Not saved. Trying again in 10 seconds.");
    }

    async function save() {
      if (!dirty) return;
      if (busy) return later(PAUSE);
      dirty = false;
      busy = true;
      say("Saving …", false);
      try {
        answered(await fetch(form.dataset.autosave, {
          method: "POST", body: new FormData(form), headers: { "X-Autosave": "true" }, credentials: "same-origin",
        }));
      } catch {
        dirty = true;
        say("Not saved: no connection. Trying again in 10 seconds.");
        later(RETRY);
      } finally {
        busy = false;
      }
    }

    form.addEventListener("input", () => { dirty = true; later(PAUSE); });
    form.addEventListener("submit", () => { dirty = false; window.clearTimeout(timer); });
    window.addEventListener("beforeunload", (event) => { if (dirty || busy) event.preventDefault(); });
  }

  for (const form of document.querySelectorAll("form[data-autosave]")) watch(form);
})();
