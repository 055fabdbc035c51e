// A box that narrows a long list of choices: <div data-filter="Find an agency by name">checkboxes</div>.
// Chosen entries always stay in sight.
(() => {
  "use strict";
  for (const box of document.querySelectorAll("[data-filter]")) {
    const rows = [...box.querySelectorAll(".usa-checkbox")];
    if (rows.length < 8) continue;
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "search";
    input.className = "usa-input";
    input.id = `filter-${Math.random().toString(36).slice(2)}`;
    label.className = "usa-label";
    label.htmlFor = input.id;
    label.textContent = box.dataset.filter;
    rows[0].before(label, input);
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        const chosen = row.querySelector("input").checked;
        row.hidden = !chosen && !row.textContent.toLowerCase().includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      document.dispatchEvent(new CustomEvent("announce", { detail: `${shown} agencies shown.` }));
    });
  }
})();
