// Turns every <textarea data-editor> into an editor of its Markdown. Without this script it is a text area that works.
import { Editor, Texts } from "./editor.js";
import { Known } from "./inserting.js";

const data = document.getElementById("cc-writing");
const known = new Known(data ? JSON.parse(data.textContent) : {});
const texts = new Texts(known);

/** What saving would make of a text; null where it is edited as it was typed. */
export const rewritten = (markdown) => texts.rewritten(markdown);

/** The Markdown of pasted HTML. */
export const pasted = (html) => texts.fromHtml(html);

for (const area of document.querySelectorAll("textarea[data-editor]")) Editor.of(area, known);
