// A dialog with a list to choose from: opens, narrows as one types, gives back what was chosen, returns the focus.
let number = 0;

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Asks; `groups` are {heading, note, options: [{label, note, value}]}. `chosen(value)` is called once, or not at all. */
export function choose({ title, empty, groups, chosen, closed }) {
  const id = `cc-choose-${(number += 1)}`;
  const filter = element("input", { type: "search", class: "usa-input", id: `${id}-filter`, autocomplete: "off" });
  const lists = element("div", { class: "cc-choose__lists" });
  const none = element("p", { class: "cc-note", hidden: true }, "Nothing of this name.");
  const close = element("button", { type: "button", class: "usa-button usa-button--outline" }, "Cancel");
  const many = groups.flatMap((group) => group.options).length > 7;
  const dialog = element("dialog", { class: "cc-choose", "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title),
    ...(many ? [element("label", { class: "usa-label", for: filter.id }, "Find"), filter] : []), lists, none, close);
  const end = () => {
    if (!dialog.isConnected) return;
    dialog.close();
    dialog.remove();
    closed();
  };
  for (const group of groups) lists.append(...section(group, (value) => { end(); chosen(value); }));
  if (!groups.some((group) => group.options.length)) lists.append(element("p", {}, empty));
  filter.addEventListener("input", () => { none.hidden = narrow(lists, filter.value) > 0; });
  filter.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  close.addEventListener("click", end);
  dialog.addEventListener("close", end);
  document.body.append(dialog);
  dialog.showModal();
}

function section({ heading, note, options }, pick) {
  if (!options.length) return [];
  const rows = options.map((option) => {
    const button = element("button", { type: "button", class: "cc-choose__option" }, option.label,
      ...(option.note ? [element("span", { class: "cc-note" }, ` ${option.note}`)] : []));
    button.addEventListener("click", () => pick(option.value));
    return element("li", {}, button);
  });
  const list = element("ul", {}, ...rows);
  return [...(heading ? [element("h3", {}, heading)] : []), ...(note ? [element("p", { class: "cc-note" }, note)] : []), list];
}

function narrow(lists, text) {
  const wanted = text.trim().toLowerCase();
  let shown = 0;
  for (const row of lists.querySelectorAll("li")) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
    shown += row.hidden ? 0 : 1;
  }
  return shown;
}
