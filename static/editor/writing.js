// The editor's document back to Markdown. Every block is read again before it is believed: words are never lost,
// and emphasis is given up where no Markdown can say it.
import { PLACEHOLDER } from "./reading.js";

const DELIMITERS = [{ strong: "**", em: "*" }, { strong: "**", em: "_" }, { strong: "__", em: "*" }];
const PLAINER = [["em"], ["strong"], ["em", "strong"]];
const LIST = { bullet_list: ["-", "*"], ordered_list: [".", ")"] };

/** Writes documents; `reader` is asked what each piece says. */
export class Writer {
  constructor(reader) {
    this.reader = reader;
    this.known = new WeakMap();
  }

  /** The Markdown of a document. Blocks that nobody touched stay as `sources` has them. */
  write(doc, sources = new Map()) {
    const wanted = tidy(doc);
    const kept = this.#joined(doc.children, sources);
    if (this.#says(kept, wanted)) return kept;
    return this.#joined(doc.children, new Map());
  }

  #joined(blocks, sources) {
    const written = [];
    let last = null;
    for (const block of blocks) {
      let taken = last?.type === block.type.name ? last.marker : "";
      let text = keepable(block, sources.get(block), taken);
      text ??= this.#block(block, taken);
      if (!text) continue;
      last = { type: block.type.name, marker: markerOf(block, text) };
      written.push(text);
    }
    return written.join("\n\n");
  }

  #block(block, taken) {
    const cached = this.known.get(block);
    if (cached?.taken === taken) return cached.text;
    const text = this.#tried(block, taken);
    this.known.set(block, { taken, text });
    return text;
  }

  #tried(block, taken) {
    const attempts = [{}, { spaced: true }, { escaped: true }, { spaced: true, escaped: true }];
    const wanted = tidy(block);
    const loose = withoutTightness(wanted);
    let text = "";
    for (const how of attempts.map((attempt) => ({ ...attempt, kindOf: this.reader.kindOf }))) {
      text = this.#lines(block, taken, how).join("\n");
      const read = this.reader.read(text)?.doc;
      if (!text || !read) continue;
      const found = read.children.map(tidy);
      if (found.length !== 1) continue;
      if (how.spaced ? withoutTightness(found[0]) === loose : found[0] === wanted) return text;
    }
    return text;
  }

  #says(text, wanted) {
    const read = this.reader.read(text);
    return read !== null && withoutTightness(tidy(read.doc)) === withoutTightness(wanted);
  }

  #lines(block, taken, how) {
    if (block.type.name === "paragraph") return this.#inline(block, how).split("\n").filter((line) => line);
    if (block.type.name === "table") return this.#table(block, how);
    return this.#list(block, taken, how);
  }

  #list(list, taken, how) {
    const [usual, other] = LIST[list.type.name];
    const marker = taken === usual ? other : usual;
    const tight = list.attrs.tight && !how.spaced && list.children.every(fitsTight);
    const lines = [];
    list.forEach((item, _offset, place) => {
      const head = list.type.name === "bullet_list" ? `${marker} ` : `${list.attrs.order + place}${marker} `;
      const inner = this.#item(item, tight, how);
      if (lines.length && !tight) lines.push("");
      lines.push((head + (inner[0] ?? "")).trimEnd());
      lines.push(...inner.slice(1).map((line) => (line ? " ".repeat(head.length) + line : "")));
    });
    return lines;
  }

  #item(item, tight, how) {
    const lines = [];
    let last = null;
    item.forEach((child, _offset, place) => {
      const taken = last?.type === child.type.name ? last.marker : "";
      const found = this.#lines(child, taken, how);
      if (place === 0 && !found.length && item.childCount > 1) lines.push("");
      if (!found.length) return;
      if (lines.length && !tight && lines.at(-1) !== "") lines.push("");
      lines.push(...found);
      last = { type: child.type.name, marker: markerOf(child, found[0]) };
    });
    return lines;
  }

  #table(table, how) {
    const rows = table.children.map((row) =>
      row.children.flatMap((cell) => [this.#inline(cell.firstChild, { ...how, cell: true }),
        ...Array(cell.attrs.colspan - 1).fill("")]));
    const width = Math.max(...rows.map((row) => row.length));
    const [head, ...others] = rows.map((row) =>
      `| ${[...row, ...Array(width - row.length).fill("")].join(" | ")} |`);
    return [head, `|${" --- |".repeat(width)}`, ...others];
  }

  #inline(parent, how) {
    let text = "";
    for (const without of [[], ...PLAINER]) {
      const wanted = tidyInline(parent, without);
      for (const delimiters of DELIMITERS) {
        text = emphasised(atoms(parent, how, without), delimiters);
        if (!text || isPlain(parent) || this.#reads(text, how) === wanted) return text;
      }
    }
    return text;
  }

  /** What a paragraph or a table's cell of this Markdown says; nothing where it is something else. */
  #reads(text, how) {
    const read = this.reader.read(how.cell ? `| ${text} |\n| --- |` : text)?.doc;
    const type = how.cell ? "table" : "paragraph";
    if (read?.childCount !== 1 || read.firstChild.type.name !== type) return null;
    return tidyInline(how.cell ? read.firstChild.firstChild.firstChild.firstChild : read.firstChild);
  }
}

/** Words that mean nothing else in Markdown need no second look. */
function isPlain(parent) {
  const plain = (node) => node.isText && !node.marks.length && /^[\p{L}\p{N} ,.;:'’“”"()/%§–—-]*$/u.test(node.text);
  return parent.children.every(plain) && /^\p{L}/u.test(parent.textContent);
}

/** Items close together hold one paragraph, then lists. */
function fitsTight(item) {
  return item.children.every((child, place) => (place === 0 || child.type.name !== "paragraph"));
}

/** The source of an untouched block, where it can stand beside its new neighbours. */
function keepable(block, source, taken) {
  if (source === undefined) return undefined;
  if (block.type.name === "paragraph") return source.replace(/^[ \t]+/, "");
  if (/^[ \t]/.test(source) || (taken && markerOf(block, source) === taken)) return undefined;
  return source;
}

function markerOf(block, text) {
  if (block.type.name === "bullet_list") return text.trimStart()[0];
  return block.type.name === "ordered_list" ? text.match(/^\s*\d+([.)])/)?.[1] ?? "." : "";
}

// Inline ----------------------------------------------------------------------------------------------------
/** Pieces of Markdown with their marks: words, white space, placeholders, line breaks. */
function atoms(parent, how, without) {
  const found = [];
  parent.forEach((node) => {
    const marks = new Set(node.marks.map((mark) => mark.type.name).filter((name) => !without.includes(name)));
    if (node.type.name === "field") found.push({ source: `{${node.attrs.name}}`, marks });
    else if (node.type.name === "hard_break") found.push({ source: how.cell ? " " : "\\\n", marks, space: true });
    else {
      for (const piece of node.text.match(/\s+|\S+/g) ?? []) {
        const space = /\s/.test(piece);
        found.push({ source: space ? piece.replace(/[\n\t]/g, " ") : escaped(piece, how), marks: new Set(marks), space });
      }
    }
  });
  for (const mark of ["strong", "em"]) trimMark(found, mark);
  return lineStarts(trimmed(found), how);
}

function escaped(text, how) {
  if (how.escaped) return text.replace(/[!-/:-@[-`{-~]/g, "\\$&");
  let made = text.replace(/[\\*]/g, "\\$&").replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_");
  if (how.cell) made = made.replace(/\|/g, "\\|");
  return made.replace(PLACEHOLDER, (found) => (how.kindOf(found.slice(1, -1)) ? `\\${found.slice(0, -1)}\\}` : found));
}

/** White space at the edges of an emphasised stretch stands outside it. */
function trimMark(found, mark) {
  found.forEach((atom, place) => {
    if (!atom.space || !atom.marks.has(mark)) return;
    const inside = (step) => {
      for (let at = place + step; found[at]?.marks.has(mark); at += step) if (!found[at].space) return true;
      return false;
    };
    if (!(inside(-1) && inside(1))) atom.outside = [...(atom.outside ?? []), mark];
  });
  for (const atom of found) {
    if (atom.outside?.includes(mark)) atom.marks = new Set([...atom.marks].filter((name) => name !== mark));
  }
}

/** Without white space and breaks at the end and the spaces at the beginning. */
function trimmed(found) {
  let start = 0;
  let end = found.length;
  while (end > start && found[end - 1].space) end -= 1;
  while (start < end && found[start].space && !found[start].source.includes("\n")) start += 1;
  return found.slice(start, end);
}

/** What would begin a list or a table at the beginning of a line is escaped. */
function lineStarts(found, how) {
  if (how.cell || how.escaped) return found;
  let fresh = true;
  let first = true;
  return found.map((atom, place) => {
    if (atom.source.endsWith("\n")) {
      fresh = true;
      first = false;
      return atom;
    }
    if (!fresh || atom.space) return atom;
    fresh = false;
    const next = found[place + 1];
    const alone = !next || next.space;
    const marker = first ? alone && /^[-+]$/.test(atom.source) : /^[-+:|]/.test(atom.source);
    if (marker) return { ...atom, source: `\\${atom.source}` };
    const numbered = alone && atom.source.match(/^(\d{1,9})([.)])$/);
    return numbered ? { ...atom, source: `${numbered[1]}\\${numbered[2]}` } : atom;
  });
}

/** The pieces with delimiters around their emphasis, the longer stretch outside. */
function emphasised(found, delimiters) {
  const open = [];
  let text = "";
  const reach = (mark, from) => {
    let at = from;
    while (found[at]?.marks.has(mark)) at += 1;
    return at;
  };
  const close = (count) => {
    while (open.length > count) text += delimiters[open.pop()];
  };
  found.forEach((atom, place) => {
    const ended = open.findIndex((mark) => !atom.marks.has(mark));
    if (ended >= 0) close(ended);
    const opening = [...atom.marks].filter((mark) => !open.includes(mark));
    opening.sort((a, b) => reach(b, place) - reach(a, place) || (a === "strong" ? -1 : 1));
    for (const mark of opening) {
      text += delimiters[mark];
      open.push(mark);
    }
    text += atom.source;
  });
  close(0);
  return text;
}

// Comparing ---------------------------------------------------------------------------------------------------
/** What a node says, without what Markdown does not tell: space at edges, marks on space, empty paragraphs. */
function tidy(node) {
  if (node.isTextblock) return tidyInline(node);
  if (node.type.name === "table") return tidyTable(node);
  const inner = node.children.map(tidy).filter((said) => said);
  if (node.type.name === "list_item") return `<li>${inner.join("<p>")}</li>`;
  if (node.type.name === "doc") return inner.join("<p>");
  const tight = node.attrs.tight && node.children.every(fitsTight) ? TIGHT : LOOSE;
  return `<${node.type.name} ${node.attrs.order ?? ""}>${tight}${inner.join("")}</list>`;
}

function tidyTable(table) {
  const width = Math.max(...table.children.map((row) => row.childCount));
  const rows = table.children.map((row) => {
    const cells = row.children.map((cell) => tidyInline(cell.firstChild, [], true));
    return [...cells, ...Array(width - cells.length).fill("")].map((cell) => `<td>${cell}`).join("");
  });
  return `<table>${rows.join("<tr>")}</table>`;
}

// Noncharacters, so that no text can be taken for them.
const TIGHT = "\ufdd2";
const LOOSE = "\ufdd3";
const withoutTightness = (said) => said.replace(/[\ufdd2\ufdd3]/g, "");

function tidyInline(parent, without = [], cell = false) {
  let found = [];
  parent.forEach((node) => {
    const marks = node.marks.map((mark) => mark.type.name).filter((name) => !without.includes(name)).sort();
    if (node.type.name === "field") found.push({ said: `{${node.attrs.name}}`, marks });
    else if (node.type.name === "hard_break") found.push({ said: cell ? " " : "\n", marks: [], space: true });
    else {
      for (const piece of node.text.match(/\s+|\S+/g) ?? []) {
        const space = /\s/.test(piece);
        found.push({ said: space ? piece.replace(/[\n\t]/g, " ") : piece, marks: space ? [] : marks, space });
      }
    }
  });
  found = trimmed(found.map((atom) => ({ ...atom, source: atom.said })));
  return found.map((atom) => `${atom.marks.join("+")}:${atom.said}`).join("\u0001").replace(/ *:?\n:? */g, "\n");
}
