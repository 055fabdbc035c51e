// What a provision's text may hold: the same small part of Markdown that agreements/prose.py renders, and nothing else.
import { Schema } from "prosemirror-model";
import { tableNodes } from "prosemirror-tables";

const tight = { tight: { default: true } };

function listAttributes(dom) {
  return { tight: !dom.querySelector(":scope > li > p + p") };
}

/** The schema of a text. `words(name)` says how a placeholder reads: "section 4.2", "end date". */
export function schemaOf(words) {
  const nodes = {
    doc: { content: "block+" },
    paragraph: { content: "inline*", group: "block", parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0] },
    bullet_list: {
      content: "list_item+", group: "block", attrs: tight,
      parseDOM: [{ tag: "ul", getAttrs: listAttributes }], toDOM: () => ["ul", 0],
    },
    ordered_list: {
      content: "list_item+", group: "block", attrs: { order: { default: 1 }, ...tight },
      parseDOM: [{ tag: "ol", getAttrs: (dom) => ({ order: dom.start, ...listAttributes(dom) }) }],
      toDOM: (node) => ["ol", node.attrs.order === 1 ? {} : { start: node.attrs.order }, 0],
    },
    list_item: { content: "paragraph block*", defining: true, parseDOM: [{ tag: "li" }], toDOM: () => ["li", 0] },
    ...tableNodes({ tableGroup: "block", cellContent: "line", cellAttributes: {} }),
    // The one line of a table's cell: Markdown has no paragraphs and no line breaks there.
    line: { content: "(text | field)*", toDOM: () => ["div", { class: "cc-editor__line" }, 0] },
    text: { group: "inline" },
    // A placeholder: filled from the terms of the agreement when the document is made.
    field: {
      group: "inline", inline: true, atom: true, attrs: { name: {} },
      parseDOM: [{ tag: "span[data-field]", getAttrs: (dom) => ({ name: dom.dataset.field }) }],
      toDOM: (node) => ["span", { class: "cc-editor__field", "data-field": node.attrs.name }, words(node.attrs.name)],
      leafText: (node) => words(node.attrs.name),
    },
    hard_break: {
      group: "inline", inline: true, selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"],
      leafText: () => "\n",
    },
  };
  const marks = {
    strong: {
      parseDOM: [{ tag: "strong" }, { tag: "b" }], toDOM: () => ["strong", 0],
    },
    em: { parseDOM: [{ tag: "em" }, { tag: "i" }], toDOM: () => ["em", 0] },
  };
  return new Schema({ nodes, marks });
}
