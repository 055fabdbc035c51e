// What a text may refer to: other provisions, facts of the agreement, its defined terms; and tables.
import { TextSelection } from "prosemirror-state";
import { choose } from "./choosing.js";

const MOST_COLUMNS = 5;
const ROWS = 3;

/** What the page knows of the agreement: provisions, facts and terms, from <script id="cc-writing">. */
export class Known {
  constructor(data = {}) {
    this.sections = data.sections ?? [];
    this.facts = data.facts ?? [];
    this.terms = data.terms ?? [];
    this.defines = Boolean(data.defines);
    this.kindOf = (name) => {
      if (name.startsWith("section.")) return "words";
      const fact = this.#fact(name);
      return fact ? (fact.block ? "block" : "words") : "";
    };
    this.words = (name) => {
      if (name.startsWith("section.")) return this.#section(name) ?? "[a provision that is not in the text]";
      const fact = this.#fact(name);
      return fact?.says || `[${fact?.meaning ?? name}]`;
    };
  }

  #fact(name) {
    return this.facts.find((fact) => fact.name === name);
  }

  #section(name) {
    return this.sections.find((section) => `section.${section.code}` === name)?.says;
  }
}

const put = (view, node) => view.dispatch(view.state.tr.replaceSelectionWith(node, true).scrollIntoView());
const canPut = (state, type) => {
  const { $from } = state.selection;
  return $from.parent.inlineContent && $from.parent.canReplaceWith($from.index(), $from.index(), type);
};

/** Commands that open a dialog. */
export function inserting(schema, known) {
  const asked = (view, dialog) => choose({ closed: () => view.focus(), ...dialog });
  const field = (name) => schema.node("field", { name });

  function command(type, open) {
    return (state, dispatch, view) => {
      if (!canPut(state, type)) return false;
      if (dispatch) open(view);
      return true;
    };
  }

  const reference = command(schema.nodes.field, (view) => asked(view, {
    title: "Refer to a provision",
    empty: "There is no other provision in this text yet.",
    groups: [{
      note: "The number follows when provisions are added, moved or taken out.",
      options: known.sections.map(({ code, label, heading }) => ({ label: `${label} ${heading}`.trim(), value: code })),
    }],
    chosen: (code) => put(view, field(`section.${code}`)),
  }));

  const fact = command(schema.nodes.field, (view) => asked(view, {
    title: "Put in a fact of this agreement",
    empty: "There are no facts to put in.",
    groups: [{
      note: "It is filled in from the agreement’s terms, and follows when they change.",
      options: known.facts.map(({ name, meaning, says }) => ({ label: meaning, note: says, value: name })),
    }],
    chosen: (name) => put(view, field(name)),
  }));

  const term = command(schema.nodes.field, (view) => {
    const { from, to } = view.state.selection;
    const words = view.state.doc.textBetween(from, to, " ").trim();
    asked(view, {
      title: "Defined terms",
      empty: "No term is defined yet. Select the words that name it, then choose this again.",
      groups: [
        { options: words && words.length <= 80 ? [{ label: `Define “${words}” here`, value: null }] : [] },
        { heading: "Terms of this agreement", options: known.terms.map((each) => ({ label: each, value: each })) },
      ],
      chosen: (each) => (each === null ? define(view, known.defines) : put(view, schema.text(each, view.state.selection.$from.marks()))),
    });
  });

  const table = (state, dispatch, view) => {
    if (!canPut(state, schema.nodes.field)) return false;
    if (dispatch) {
      const options = [];
      for (let columns = 2; columns <= MOST_COLUMNS; columns += 1) options.push({ label: `${columns} columns`, value: columns });
      asked(view, { title: "Put in a table", empty: "", groups: [{ options }], chosen: (columns) => putTable(view, columns) });
    }
    return true;
  };
  return { reference, fact, term, table };
}

/** A term is defined by bold words in the definitions, and by bold words in quotation marks elsewhere. */
function define(view, quiet) {
  const { state } = view;
  const { from, to } = state.selection;
  const words = state.doc.textBetween(from, to);
  const start = from + words.length - words.trimStart().length;
  let end = to - (words.length - words.trimEnd().length);
  const transaction = state.tr;
  const quoted = /^[“"].*[”"]$/.test(words.trim()) || /[“"]/.test(state.doc.textBetween(Math.max(start - 1, 0), start));
  if (!quiet && !quoted) {
    transaction.insertText("”", end).insertText("“", start);
    end += 2;
  }
  view.dispatch(transaction.addMark(start, end, state.schema.marks.strong.create()).scrollIntoView());
}

function putTable(view, columns) {
  const { nodes } = view.state.schema;
  const row = (type) => nodes.table_row.create(null, Array.from({ length: columns }, () => type.createAndFill()));
  const rows = Array.from({ length: ROWS }, (_, place) => row(place ? nodes.table_cell : nodes.table_header));
  const transaction = view.state.tr.replaceSelectionWith(nodes.table.create(null, rows));
  const at = transaction.mapping.map(view.state.selection.from, -1);
  let inside = null;
  transaction.doc.nodesBetween(Math.max(at - 1, 0), transaction.doc.content.size, (node, position) => {
    if (inside === null && node.type === nodes.table) inside = position;
    return inside === null;
  });
  if (inside !== null) transaction.setSelection(TextSelection.near(transaction.doc.resolve(inside + 3)));
  view.dispatch(transaction.scrollIntoView());
}
