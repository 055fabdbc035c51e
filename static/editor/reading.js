// Markdown to the editor's document, by the same rules as the server: markdown-it here, its port markdown-it-py there.
import MarkdownIt from "markdown-it";

const RULES = ["table", "list", "paragraph", "emphasis", "balance_pairs", "fragments_join", "newline", "escape"];
const MARKDOWN = new MarkdownIt("zero", { html: false, linkify: false, typographer: false, maxNesting: 200 }).enable(RULES);
const MAX_DEPTH = 12;
export const PLACEHOLDER = /\{[a-z]+\.[a-z_0-9.]+\}/g;
// Noncharacters, which no text of ours holds: they keep the place of a placeholder while Markdown is read.
const OPEN = "\ufdd0";
const CLOSE = "\ufdd1";
const KEPT = new RegExp(`${OPEN}(\\d+)${CLOSE}`, "g");

/** Reads Markdown; `kindOf(name)` says of a placeholder "block" for a list or table, "words", or nothing if unknown. */
export class Reader {
  constructor(schema, kindOf) {
    this.schema = schema;
    this.kindOf = kindOf;
  }

  /** {doc, sources: Map of top-level node to its Markdown}, or null where the server would show the text as typed. */
  read(markdown) {
    const names = [];
    const text = this.#marked(markdown.replace(/\r\n?/g, "\n"), names);
    if (/[\ufdd2-\ufdef\ufffe\uffff]/.test(text)) return null;
    const tokens = MARKDOWN.parse(text, {});
    if (depthOf(tokens) > MAX_DEPTH) return null;
    const walk = new Walk(this.schema, names);
    const blocks = walk.blocks(tokens);
    const sources = this.#sources(blocks, tokens, text, names);
    const doc = this.schema.node("doc", null, blocks.length ? blocks : [this.schema.node("paragraph")]);
    return losesWords(text, doc, tokens) ? null : { doc, sources };
  }

  #marked(text, names) {
    const kind = (found) => this.kindOf(found.slice(1, -1));
    const mark = (found) => (kind(found) ? `${OPEN}${names.push(found.slice(1, -1)) - 1}${CLOSE}` : found);
    const alone = text.replace(/^([ \t]*)(\{[a-z]+\.[a-z_0-9.]+\})[ \t]*$/gm, (line, indent, found) =>
      kind(found) === "block" ? `\n${indent}${mark(found)}\n` : line);
    return alone.replace(PLACEHOLDER, mark);
  }

  #sources(blocks, tokens, text, names) {
    const lines = text.split("\n");
    const tops = tokens.filter((token) => token.level === 0 && token.nesting === 1);
    const sources = new Map();
    tops.forEach((token, place) => {
      const source = lines.slice(token.map[0], token.map[1]).join("\n").trimEnd();
      sources.set(blocks[place], source.replace(KEPT, (_, number) => `{${names[number]}}`));
    });
    return sources;
  }
}

class Walk {
  constructor(schema, names) {
    this.schema = schema;
    this.names = names;
    this.spaced = new Set();
  }

  blocks(tokens) {
    const stack = [{ content: [] }];
    for (const token of tokens) {
      if (token.nesting === 1) stack.push({ token, content: [] });
      else if (token.nesting === -1) {
        const { token: open, content } = stack.pop();
        stack.at(-1).content.push(...this.#closed(open, content));
      } else if (token.type === "inline") stack.at(-1).content.push(...this.#inline(token.children));
    }
    return stack[0].content;
  }

  #closed(open, content) {
    const { nodes } = this.schema;
    switch (open.type) {
      case "paragraph_open": return [this.#paragraph(open, content)];
      case "bullet_list_open": return [nodes.bullet_list.create({ tight: this.#isTight(content) }, content)];
      case "ordered_list_open": {
        const order = Number(open.attrGet("start") ?? 1);
        return [nodes.ordered_list.create({ order, tight: this.#isTight(content) }, content)];
      }
      case "list_item_open": {
        const first = content[0]?.type === nodes.paragraph ? [] : [nodes.paragraph.create()];
        return [nodes.list_item.create(null, [...first, ...content])];
      }
      case "th_open": return [nodes.table_header.create(null, nodes.line.create(null, content))];
      case "td_open": return [nodes.table_cell.create(null, nodes.line.create(null, content))];
      case "tr_open": return [nodes.table_row.create(null, content)];
      case "table_open": return [nodes.table.create(null, content)];
      default: return content;
    }
  }

  // markdown-it hides the paragraphs of a list whose items stand close together.
  #paragraph(open, content) {
    const node = this.schema.nodes.paragraph.create(null, content);
    if (!open.hidden) this.spaced.add(node);
    return node;
  }

  #isTight(items) {
    return !items.some((item) => item.children.some((child) => this.spaced.has(child)));
  }

  #inline(children) {
    const found = [];
    const open = [];
    for (const token of children) {
      const mark = this.schema.marks[token.type.replace(/_(open|close)$/, "")];
      const marks = open.reduce((set, each) => each.create().addToSet(set), []);
      if (mark && token.nesting === 1) open.push(mark);
      else if (mark) open.splice(open.lastIndexOf(mark), 1);
      else if (token.type === "hardbreak") found.push(this.schema.node("hard_break", null, null, marks));
      else if (token.type === "softbreak") found.push(this.schema.text(" ", marks));
      else found.push(...this.#text(token.content, marks));
    }
    return found;
  }

  #text(content, marks) {
    return content.split(/(\ufdd0\d+\ufdd1)/).filter(Boolean).map((piece) => {
      const kept = piece.startsWith(OPEN) && this.names[Number(piece.slice(1, -1))];
      return kept ? this.schema.node("field", { name: kept }, null, marks) : this.schema.text(piece, marks);
    });
  }
}

function depthOf(tokens) {
  const inner = tokens.flatMap((token) => token.children ?? []).map((child) => child.level);
  return Math.floor(Math.max(0, ...tokens.map((token) => token.level)) / 2) + Math.max(0, ...inner);
}

const countLetters = (text) => text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;

/** A table row with more cells than its heading would lose them: the server shows such a text as typed. */
function losesWords(text, doc, tokens) {
  let shown = tokens.filter((token) => token.type === "list_item_open").map((token) => token.info).join("");
  let fields = 0;
  doc.descendants((node) => {
    if (node.isText) shown += node.text;
    if (node.type.name === "field") fields += 1;
  });
  return countLetters(text.replace(KEPT, "")) > countLetters(shown) || (text.match(KEPT)?.length ?? 0) !== fields;
}
