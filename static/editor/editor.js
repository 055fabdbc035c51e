// One text area turned into an editor. The text area stays in the form and is what is sent: the editor writes into it.
import { EditorState, Plugin } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { DOMParser as Parser, Fragment, Slice } from "prosemirror-model";
import { history, redo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { baseKeymap, chainCommands } from "prosemirror-commands";
import { splitListItem } from "prosemirror-schema-list";
import { InputRule, inputRules, wrappingInputRule } from "prosemirror-inputrules";
import { goToNextCell, isInTable, tableEditing } from "prosemirror-tables";
import { gapCursor } from "prosemirror-gapcursor";
import { element } from "./choosing.js";
import { inserting } from "./inserting.js";
import { cleaned, inert } from "./pasting.js";
import { PLACEHOLDER, Reader } from "./reading.js";
import { schemaOf } from "./schema.js";
import { spoken, Toolbar, tools } from "./toolbar.js";
import { Writer } from "./writing.js";

const WIDEST = 5;

/** Reads and writes texts of one agreement, without a page around them. */
export class Texts {
  constructor(known) {
    this.known = known;
    this.schema = schemaOf(known.words);
    this.reader = new Reader(this.schema, known.kindOf);
    this.writer = new Writer(this.reader);
  }

  fromHtml(html) {
    const body = new DOMParser().parseFromString(cleaned(html), "text/html").body;
    return this.writer.write(Parser.fromSchema(this.schema).parse(body));
  }

  rewritten(markdown) {
    const read = this.reader.read(markdown);
    return read && this.writer.write(read.doc);
  }
}

export class Editor {
  /** The editor of a text area, or null where its text can only be edited as it was typed. */
  static of(area, known) {
    const texts = new Texts(known);
    return texts.reader.read(area.value) && new Editor(area, texts);
  }

  constructor(area, texts) {
    Object.assign(this, { area, texts, written: area.value });
    this.label = document.querySelector(`label[for="${CSS.escape(area.id)}"]`);
    this.note = element("p", { class: "cc-note", role: "status" });
    this.offered = tools(texts.schema, inserting(texts.schema, texts.known));
    this.box = element("div", { class: "cc-editor" });
    this.view = new EditorView(this.box, {
      state: this.#state(area.value), attributes: () => this.#attributes(),
      dispatchTransaction: (transaction) => this.#dispatch(transaction),
      transformPastedHTML: (html) => (html.includes("data-pm-slice") ? inert(html) : cleaned(html)),
      transformPasted: (slice) => new Slice(this.#withFields(slice.content), slice.openStart, slice.openEnd),
    });
    this.toolbar = new Toolbar(this.view, this.offered, this.view.dom.id);
    this.box.prepend(this.toolbar.dom);
    this.box.append(this.note);
    area.before(this.box);
    area.after(this.#help(), this.#switch());
    this.#hide(true);
    this.#listen();
    this.toolbar.update(this.view.state);
  }

  #attributes() {
    if (this.label && !this.label.id) this.label.id = `${this.area.id}_label`;
    const found = {
      id: `${this.area.id}_editor`, class: "cc-editor__text", role: "textbox", "aria-multiline": "true", lang: "en",
      "aria-labelledby": this.label?.id ?? "", "aria-describedby": this.area.getAttribute("aria-describedby") ?? "",
      "aria-invalid": this.area.getAttribute("aria-invalid") ?? "false", spellcheck: "true",
    };
    return Object.fromEntries(Object.entries(found).filter(([, value]) => value));
  }

  #state(markdown) {
    const { doc, sources } = this.texts.reader.read(markdown);
    this.sources = sources;
    const state = EditorState.create({ doc, plugins: this.#plugins() });
    return state.apply(afterTable(state) ?? state.tr);
  }

  #plugins() {
    const { schema } = this.texts;
    const { nodes } = schema;
    const own = Object.fromEntries(this.offered.filter((each) => each.key).map((each) => [each.key, each.command]));
    const line = (state, dispatch) => {
      if (!state.selection.$from.parent.type.validContent(Fragment.from(nodes.hard_break.create()))) return true;
      dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
      return true;
    };
    const enter = (state, dispatch, view) => isInTable(state) && (goToNextCell(1)(state, dispatch, view) || true);
    return [
      inputRules({ rules: [
        wrappingInputRule(/^\s*[-*•]\s$/, nodes.bullet_list),
        wrappingInputRule(/^(\d{1,4})[.)]\s$/, nodes.ordered_list, (match) => ({ order: Number(match[1]) })),
        new InputRule(/\{([a-z]+\.[a-z_0-9.]+)\}$/, (state, match, start, end) =>
          (this.texts.known.kindOf(match[1]) ? state.tr.replaceWith(start, end, nodes.field.create({ name: match[1] })) : null)),
      ] }),
      keymap({ ...own, "Mod-Shift-z": redo, "Shift-Enter": line, "Mod-Enter": line,
        "Alt-F10": () => { this.toolbar.focus(); return true; },
        Enter: chainCommands(enter, splitListItem(nodes.list_item)) }),
      keymap(baseKeymap), history(), gapCursor(), tableEditing(), AFTER_TABLE,
    ];
  }

  #dispatch(transaction) {
    this.view.updateState(this.view.state.apply(transaction));
    this.toolbar?.update(this.view.state);
    if (!transaction.docChanged || transaction.getMeta("outside")) return;
    this.written = this.texts.writer.write(this.view.state.doc, this.sources);
    this.area.value = this.written;
    this.#say();
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** What would be refused on saving, said as soon as it stands there. */
  #say() {
    let widest = 0;
    this.view.state.doc.descendants((node) => {
      if (node.type.name === "table_row") widest = Math.max(widest, node.childCount);
    });
    const text = widest > WIDEST ? `A table has ${widest} columns. Five fit on a page: divide it into two tables.` : "";
    if (this.note.textContent !== text) this.note.textContent = text;
  }

  /** Placeholders in pasted words. */
  #withFields(content) {
    const found = [];
    content.forEach((node) => {
      if (!node.isText) return found.push(node.copy(this.#withFields(node.content)));
      for (const piece of node.text.split(new RegExp(`(${PLACEHOLDER.source})`))) {
        const name = piece.slice(1, -1);
        if (piece.startsWith("{") && this.texts.known.kindOf(name)) found.push(this.texts.schema.node("field", { name }, null, node.marks));
        else if (piece) found.push(this.texts.schema.text(piece, node.marks));
      }
    });
    return Fragment.from(found);
  }

  /** Something else wrote into the text area: what was saved by somebody else, or a script. */
  #outside() {
    if (this.area.value === this.written) return;
    const read = this.texts.reader.read(this.area.value);
    this.written = this.area.value;
    if (!read) return this.#hide(false);
    this.sources = read.sources;
    const { state } = this.view;
    this.view.dispatch(state.tr.replaceWith(0, state.doc.content.size, read.doc.content).setMeta("outside", true));
  }

  #listen() {
    this.area.addEventListener("input", () => this.#outside());
    // An error found on saving is said at the text area; whoever is in the editor must hear of it.
    new MutationObserver(() => this.view.updateState(this.view.state))
      .observe(this.area, { attributeFilter: ["aria-invalid", "aria-describedby"] });
    this.label?.addEventListener("click", (event) => {
      if (!this.box.hidden) {
        event.preventDefault();
        this.view.focus();
      }
    });
    const named = (hash) => !this.box.hidden && hash === `#${this.area.id}`;
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href]");
      if (link && named(link.hash)) window.setTimeout(() => this.view.focus());
    });
    if (named(window.location.hash)) this.view.focus();
  }

  /** The text area stays where it is, out of sight and out of the Tab order, while the editor is shown. */
  #hide(hidden) {
    this.box.hidden = !hidden;
    this.area.classList.toggle("usa-sr-only", hidden);
    if (hidden) {
      this.area.setAttribute("aria-hidden", "true");
      this.area.tabIndex = -1;
    } else {
      this.area.removeAttribute("aria-hidden");
      this.area.removeAttribute("tabindex");
    }
    if (this.button) this.button.textContent = hidden ? "Edit as plain text" : "Edit as it will look";
  }

  #switch() {
    this.button = element("button", { type: "button", class: "usa-button usa-button--unstyled cc-editor__switch" }, "Edit as plain text");
    this.button.addEventListener("click", () => {
      const plain = this.box.hidden;
      if (plain && !this.texts.reader.read(this.area.value)) {
        const said = "This text can only be edited as plain text: a table in it is uneven, or lists are nested too deep.";
        document.dispatchEvent(new CustomEvent("announce", { detail: said }));
        this.button.after(element("p", { class: "cc-note" }, said));
        this.button.hidden = true;
        return;
      }
      if (plain) this.#outside();
      this.#hide(plain);
      (plain ? this.view : this.area).focus();
    });
    return this.button;
  }

  #help() {
    const rows = [...this.offered.filter((each) => each.key).map((each) => [each.name, spoken(each.key)]),
      ["New line in the same paragraph", "Shift+Enter"], ["To the buttons, and back", "Alt+F10, Esc"], ["Leave the text", "Tab"]];
    const keys = rows.flatMap(([name, key]) => [element("dt", {}, key), element("dd", {}, name)]);
    return element("details", { class: "cc-editor__help" }, element("summary", {}, "Keys for editing"), element("dl", { class: "cc-keys" }, ...keys));
  }
}

/** There is always a line to write on after a table. */
function afterTable(state) {
  if (state.doc.lastChild.type.name !== "table") return null;
  return state.tr.insert(state.doc.content.size, state.schema.nodes.paragraph.create()).setMeta("addToHistory", false);
}

const AFTER_TABLE = new Plugin({
  appendTransaction: (transactions, _old, state) => (transactions.some((each) => each.docChanged) ? afterTable(state) : null),
});
