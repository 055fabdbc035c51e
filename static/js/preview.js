// Shows the document as it would stand with what is being typed. Nothing is saved; the form's button saves.
(() => {
  "use strict";
  const PAUSE = 700;
  const preview = document.querySelector("#preview");
  const form = document.querySelector("#editing form, form#answers");
  if (!preview) return;
  let timer = 0;
  let last = 0;

  function place() {
    const anchor = preview.dataset.anchor;
    const mark = anchor && preview.querySelector(`#${CSS.escape(anchor)}`);
    if (!mark || preview.scrollHeight <= preview.clientHeight) return;
    preview.scrollTop += mark.getBoundingClientRect().top - preview.getBoundingClientRect().top - 24;
  }

  async function show() {
    const turn = ++last;
    const body = new FormData(form);
    if (preview.dataset.part) body.set("_part", preview.dataset.part);
    body.set("_kind", preview.dataset.kind || "");
    body.set("_row", preview.dataset.row || "");
    try {
      const answer = await fetch(preview.dataset.preview, { method: "POST", body, credentials: "same-origin" });
      if (!answer.ok || answer.redirected || turn !== last) return;
      const part = answer.headers.get("X-Part");
      const old = part && document.getElementById(part);
      if (old) old.outerHTML = await answer.text();
      else preview.innerHTML = await answer.text();
      place();
    } catch { /* the preview stays as it was; saving is not affected */ }
  }

  if (form && preview.dataset.preview) {
    form.addEventListener("input", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(show, PAUSE);
    });
  }
  place();
})();
