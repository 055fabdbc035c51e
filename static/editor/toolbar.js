// The buttons above the text: one stop of the Tab key, arrows within, names, states and shortcuts said.
import { redo, undo } from "prosemirror-history";
import { toggleMark } from "prosemirror-commands";
import { liftListItem, sinkListItem, wrapInList } from "prosemirror-schema-list";
import { addColumnAfter, addRowAfter, deleteColumn, deleteRow, deleteTable, isInTable } from "prosemirror-tables";
import { element } from "./choosing.js";

const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);
const WIDEST = 5;

/** What the toolbar offers; `insert` opens the dialogs. Each: name, shown shortcut, key for the keymap, command, state. */
export function tools(schema, insert) {
  const { nodes, marks } = schema;
  const list = (type) => (state, dispatch, view) =>
    inside(state, type) ? liftListItem(nodes.list_item)(state, dispatch, view)
      : inList(state) ? retype(type)(state, dispatch) : wrapInList(type)(state, dispatch, view);
  return [
    tool("Bold", "Mod-b", toggleMark(marks.strong), (state) => marked(state, marks.strong)),
    tool("Italic", "Mod-i", toggleMark(marks.em), (state) => marked(state, marks.em)),
    tool("Bulleted list", "Mod-Shift-8", list(nodes.bullet_list), (state) => inside(state, nodes.bullet_list)),
    tool("Numbered list", "Mod-Shift-7", list(nodes.ordered_list), (state) => inside(state, nodes.ordered_list)),
    tool("Deeper", "Alt-Shift-ArrowRight", sinkListItem(nodes.list_item), null, inList),
    tool("Less deep", "Alt-Shift-ArrowLeft", liftListItem(nodes.list_item), null, inList),
    tool("Table", "", insert.table, null, (state) => !isInTable(state)),
    tool("Row below", "", addRowAfter, null, isInTable, true),
    tool("Column after", "", narrowEnough(addColumnAfter), null, isInTable, true),
    tool("Remove row", "", deleteRow, null, isInTable, true),
    tool("Remove column", "", deleteColumn, null, isInTable, true),
    tool("Remove table", "", deleteTable, null, isInTable, true),
    tool("Defined term", "", insert.term),
    tool("Reference", "", insert.reference),
    tool("Fact", "", insert.fact),
    tool("Undo", "Mod-z", undo),
    tool("Redo", "Mod-y", redo),
  ];
}

const tool = (name, key, command, pressed = null, shown = null, own = false) => ({ name, key, command, pressed, shown, own });

function marked({ selection, storedMarks, doc }, mark) {
  if (selection.empty) return Boolean(mark.isInSet(storedMarks ?? selection.$from.marks()));
  return doc.rangeHasMark(selection.from, selection.to, mark);
}

function nearest({ selection: { $from } }) {
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ("tight" in $from.node(depth).attrs) return { node: $from.node(depth), at: $from.before(depth) };
  }
  return null;
}

const inList = (state) => nearest(state) !== null;
const inside = (state, type) => nearest(state)?.node.type === type;

/** A list becomes one of the other kind. */
function retype(type) {
  return (state, dispatch) => {
    const { node, at } = nearest(state);
    dispatch?.(state.tr.setNodeMarkup(at, type, { tight: node.attrs.tight }));
    return true;
  };
}

/** No more columns than can be printed. */
function narrowEnough(command) {
  return (state, dispatch, view) => {
    const { $from } = state.selection;
    for (let depth = $from.depth; depth > 0; depth -= 1) {
      if ($from.node(depth).type.name === "table_row" && $from.node(depth).childCount >= WIDEST) return false;
    }
    return command(state, dispatch, view);
  };
}

export const spoken = (key) => key.replace("Mod", MAC ? "⌘" : "Ctrl").replace("ArrowRight", "→").replace("ArrowLeft", "←")
  .split("-").map((part) => (part.length === 1 ? part.toUpperCase() : part)).join("+");

/** The bar itself; `update(state)` brings it up to date. */
export class Toolbar {
  constructor(view, offered, controls) {
    this.view = view;
    this.items = offered.map((each) => ({ ...each, button: this.#button(each) }));
    this.dom = element("div", { class: "cc-editor__bar", role: "toolbar", "aria-label": "Formatting", "aria-controls": controls },
      ...this.items.map((item) => item.button));
    this.dom.addEventListener("keydown", (event) => this.#move(event));
  }

  #button({ name, key, command, pressed }) {
    const shortcut = key && spoken(key);
    const button = element("button", {
      type: "button", class: "cc-editor__tool", tabindex: "-1", "aria-pressed": pressed ? "false" : null,
      title: shortcut ? `${name} (${shortcut})` : null,
      "aria-keyshortcuts": key && key.replace("Mod", MAC ? "Meta" : "Control").replaceAll("-", "+"),
    }, name);
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") === "true") return;
      command(this.view.state, this.view.dispatch, this.view);
      if (!document.querySelector("dialog[open]")) this.view.focus();
    });
    return button;
  }

  #shown() {
    return this.items.map((item) => item.button).filter((button) => !button.hidden);
  }

  #move(event) {
    if (event.key === "Escape") return this.view.focus();
    const shown = this.#shown();
    const at = shown.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    this.#rove(shown[(to + shown.length) % shown.length]);
    this.focus();
  }

  #rove(target) {
    for (const { button } of this.items) button.tabIndex = button === target ? 0 : -1;
  }

  focus() {
    this.dom.querySelector("[tabindex='0']")?.focus();
  }

  update(state) {
    for (const { button, command, pressed, shown, own } of this.items) {
      const there = !shown || shown(state);
      if (own || shown) button.hidden = !there;
      const able = there && command(state, null, this.view);
      button.setAttribute("aria-disabled", String(!able));
      if (pressed) button.setAttribute("aria-pressed", String(pressed(state)));
    }
    const shown = this.#shown();
    if (!shown.some((button) => button.tabIndex === 0)) this.#rove(shown[0]);
  }
}
