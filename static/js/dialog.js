// <details data-dialog> unfolds in place without this file; with it the body opens as a modal dialog, which
// traps focus and gives it back. Also closes the user menu on Escape and on a press elsewhere.
(() => {
  "use strict";

  function open(details) {
    const body = details.querySelector(".cc-dialog__body");
    const summary = details.querySelector("summary");
    const dialog = document.createElement("dialog");
    dialog.className = "cc-modal";
    dialog.setAttribute("aria-labelledby", body.querySelector(".cc-dialog__title").id);
    const close = document.createElement("button");
    close.type = "button";
    close.className = "cc-modal__close usa-button usa-button--unstyled";
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    dialog.append(body, close);
    details.after(dialog);
    dialog.addEventListener("close", () => {
      details.open = false;
      details.append(body);
      dialog.remove();
      summary.focus();
    }, { once: true });
    dialog.showModal();
    const first = dialog.querySelector(".cc-errors, input:not([type=hidden]), select, textarea, button");
    if (first) first.focus();
  }

  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details[data-dialog] > summary");
    if (summary) {
      event.preventDefault();
      open(summary.parentElement);
    }
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  const waiting = document.querySelector("details[data-dialog][open]");
  if (waiting) open(waiting);
})();
