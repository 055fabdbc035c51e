// Says things to screen readers through the one live region, and carries our token on htmx requests.
(() => {
  "use strict";
  const region = document.getElementById("live");

  function announce(text) {
    if (!region || !text) return;
    region.textContent = "";
    window.setTimeout(() => { region.textContent = text; }, 50);
  }

  function said(event) {
    const detail = event.detail;
    announce(typeof detail === "string" ? detail : detail?.value ?? "");
  }

  document.addEventListener("announce", said);
  document.addEventListener("htmx:response:error", (event) => {
    const status = event.detail?.ctx?.response?.raw?.status ?? 0;
    if (status === 403) announce("You may not do this, or you have been signed out. Reload the page to see.");
    else if (status === 404) announce("This is no longer here. Reload the page to see.");
    else if (status >= 500) announce("Something went wrong on our side. Nothing was changed. Try again.");
  });
  document.addEventListener("htmx:error", () => announce("No answer from the server. Nothing was changed. Try again."));

  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();
})();
