// What Word, Outlook and browsers put on the clipboard, made into plain paragraphs, lists, tables and emphasis. No word
// that was visible is lost; styles, comments, fields of Office and everything that could act are dropped.
const UNSEEN = "style, script, title, template, meta, link, xml, iframe, object, del, svg, math";
const BLOCK = /^(p|div|h[1-6]|ul|ol|li|table|tr|td|th|tbody|thead|blockquote|pre|section|article|header|footer|dl|dt|dd|figure|hr|address|main|aside|center)$/;
const LIST = /mso-list:\s*l(\d+)\s+level(\d+)/i;
const NUMERAL = /^\(?(\d+|[a-z]|[ivxlc]+)[.)]/i;
const HIDDEN = /mso-hide:\s*all|display:\s*none|mso-element:\s*(comment|header|footer)/i;

/** Clean HTML of pasted HTML. */
export function cleaned(html) {
  const body = parsed(html).body;
  const made = document.implementation.createHTMLDocument("").body;
  new Cleaning(made).blocks(body);
  nestWordLists(made);
  return made.innerHTML;
}

/** HTML without what our content security policy would refuse, loudly, even in a document nobody sees: styles become data. */
export function inert(html) {
  return html
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<!\[[^\]]*\]>|<\?[^>]*>/g, "")
    .replace(/<(style|script)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/([\s/"'])(style|on\w+)(\s*=)/gi, (_, before, name, sign) =>
      `${before}${name.toLowerCase() === "style" ? "data-css" : "data-off"}${sign}`));
}

const parsed = (html) => new DOMParser().parseFromString(inert(html), "text/html");

const css = (element) => element.dataset?.css ?? "";

class Cleaning {
  constructor(target) {
    this.document = target.ownerDocument;
    this.target = target;
    this.line = null;
  }

  blocks(element) {
    for (const node of element.childNodes) this.#node(node, new Set());
    this.line = null;
  }

  #node(node, marks) {
    if (node.nodeType === Node.TEXT_NODE) return this.#text(node.data, marks);
    if (node.nodeType !== Node.ELEMENT_NODE || this.#isUnseen(node)) return;
    const name = node.localName;
    if (name === "br") return this.#line().append(this.document.createElement("br"));
    if (name === "table") return this.#table(node, marks);
    if (name === "ul" || name === "ol") return this.#list(node, marks);
    const own = marksOf(node, marks);
    if (!BLOCK.test(name)) return node.childNodes.forEach((child) => this.#node(child, own));
    this.line = null;
    this.item = name === "p" || name === "div" || /^h\d$/.test(name) ? wordItem(node) : null;
    node.childNodes.forEach((child) => this.#node(child, own));
    this.line = null;
    this.item = null;
  }

  #isUnseen(node) {
    return node.matches(UNSEEN) || HIDDEN.test(css(node)) || /mso-list:\s*ignore/i.test(css(node))
      || /^MsoComment|msocomanchor/i.test(node.className);
  }

  #text(data, marks) {
    if (!this.line && !data.trim()) return;
    let into = this.#line();
    for (const mark of marks) into = into.appendChild(this.document.createElement(mark));
    into.append(data);
  }

  #line() {
    if (!this.line) {
      this.line = this.target.appendChild(this.document.createElement("p"));
      if (this.item) Object.assign(this.line.dataset, this.item);
    }
    return this.line;
  }

  /** A list with its items, each cleaned by itself. */
  #list(element, marks) {
    this.line = null;
    const list = this.target.appendChild(this.document.createElement(element.localName));
    if (element.localName === "ol" && element.start !== 1) list.start = element.start;
    for (const child of element.children) {
      if (child.matches("ul, ol") && list.lastElementChild) this.#inside(list.lastElementChild, [child], marks);
      else this.#inside(list.appendChild(this.document.createElement("li")), child.localName === "li" ? child.childNodes : [child], marks);
    }
  }

  #inside(target, nodes, marks) {
    const inner = new Cleaning(target);
    for (const node of nodes) inner.#node(node, marks);
  }

  /** A table of one line cells; one of a single column becomes paragraphs. */
  #table(element, marks) {
    this.line = null;
    const rows = [...element.rows].map((row) => [...row.cells].flatMap((cell) =>
      [cell, ...Array(Math.min(cell.colSpan, 50) - 1).fill(null)]));
    const width = Math.max(0, ...rows.map((row) => row.length));
    for (const caption of element.querySelectorAll(":scope > caption")) this.#node(caption, marks);
    this.line = null;
    if (width < 2) {
      rows.flat().forEach((cell) => { cell?.childNodes.forEach((node) => this.#node(node, marks)); this.line = null; });
      return;
    }
    const table = this.target.appendChild(this.document.createElement("table"));
    rows.forEach((row, place) => {
      const tr = table.appendChild(this.document.createElement("tr"));
      for (let at = 0; at < width; at += 1) this.#cell(tr, row[at], place === 0 ? "th" : "td", marks);
    });
    this.line = null;
  }

  #cell(tr, cell, name, marks) {
    const made = tr.appendChild(this.document.createElement(name));
    if (!cell) return;
    const inner = this.document.createElement("div");
    const bold = name === "th" || cell.localName === "th";
    new Cleaning(inner).#all(cell, bold ? new Set() : marks);
    // One line: paragraphs, items and line breaks are parted by spaces.
    inner.querySelectorAll("p, li, tr, td, th, br").forEach((part) => part.after(" "));
    inner.querySelectorAll("br").forEach((part) => part.remove());
    inner.querySelectorAll("p, ul, ol, li, table, tbody, tr, td, th").forEach((part) => part.replaceWith(...part.childNodes));
    if (name === "th") inner.querySelectorAll("strong").forEach((part) => part.replaceWith(...part.childNodes));
    made.append(...inner.childNodes);
  }

  #all(element, marks) {
    for (const node of element.childNodes) this.#node(node, marks);
  }
}

function marksOf(node, marks) {
  const found = new Set(marks);
  const style = css(node);
  const weight = style.match(/(?<![-\w])font-weight:\s*(\w+)/i)?.[1].toLowerCase();
  const slant = style.match(/(?<![-\w])font-style:\s*(\w+)/i)?.[1].toLowerCase();
  if (/^(b|strong|h[1-6])$/.test(node.localName) || /^(bold|bolder|[6-9]00)$/.test(weight)) found.add("strong");
  if (/^(i|em|cite|dfn)$/.test(node.localName) || /^(italic|oblique)$/.test(slant)) found.add("em");
  if (/^(normal|lighter|[1-5]00)$/.test(weight)) found.delete("strong");
  if (slant === "normal") found.delete("em");
  return found;
}

/** Word writes list items as paragraphs: which list, how deep, and the numeral it drew. */
function wordItem(node) {
  const found = css(node).match(LIST);
  if (!found) return null;
  const drawn = [...node.querySelectorAll("[data-css]")].find((each) => /mso-list:\s*ignore/i.test(css(each)));
  const numeral = drawn?.textContent.trim().match(NUMERAL);
  const start = numeral && /^\d+$/.test(numeral[1]) ? numeral[1] : "1";
  return { level: found[2], list: found[1], kind: numeral ? "ol" : "ul", start };
}

/** Runs of Word's item paragraphs as real lists. */
function nestWordLists(root) {
  for (const first of root.querySelectorAll("p[data-level]")) {
    if (!first.isConnected || !first.dataset.level) continue;
    const open = [];
    let item = first;
    const place = root.ownerDocument.createComment("");
    first.before(place);
    while (item?.matches?.("p[data-level]")) {
      const next = item.nextElementSibling;
      hang(open, item, place);
      item = next;
    }
    place.remove();
  }
}

function hang(open, item, place) {
  const { level, kind, start, list: key } = item.dataset;
  while (open.length && open.at(-1).level > Number(level)) open.pop();
  if (open.at(-1)?.level === Number(level) && (open.at(-1).list.localName !== kind || open.at(-1).key !== key)) open.pop();
  if (!open.length || open.at(-1).level < Number(level)) {
    const list = item.ownerDocument.createElement(kind);
    if (kind === "ol" && start !== "1") list.start = Number(start);
    if (open.length) open.at(-1).list.lastElementChild.append(list);
    else place.before(list);
    open.push({ level: Number(level), list, key });
  }
  const made = item.ownerDocument.createElement("li");
  for (const name of Object.keys(item.dataset)) delete item.dataset[name];
  open.at(-1).list.append(made);
  made.append(item);
}
