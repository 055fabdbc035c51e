// Buttons that copy a value whole: <button data-copy="…" hidden>. They stay hidden where copying is not possible.
(() => {
  "use strict";
  if (!navigator.clipboard) return;
  const say = (text) => document.dispatchEvent(new CustomEvent("announce", { detail: text }));

  function reveal(root) {
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.classList.add("cc-copied");
      say("Copied.");
    } catch {
      say("Copying was refused by the browser. Select the value and copy it.");
    }
  });
  document.addEventListener("htmx:after:swap", () => reveal(document));
  reveal(document);
})();
