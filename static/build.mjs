// Copies the browser assets we use out of their packages into static/vendor/ (never committed) and bundles the editor.
// Run by `npm run build`. Source-map comments are cut: a manifest storage would look for the maps.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "..", "node_modules");
const USWDS = join(MODULES, "@uswds", "uswds");
const HTMX = join(MODULES, "htmx.org");
const VENDOR = join(HERE, "vendor");
const FRESH = `${VENDOR}.${process.pid}`;

// The icons that templates may name: {% icon "lock" %}.
const ICONS = [
  "account_circle", "add", "arrow_back", "arrow_forward", "attach_file", "calendar_today", "cancel", "check",
  "check_circle", "close", "comment", "content_copy", "delete", "edit", "error", "event", "expand_more",
  "file_download", "file_present", "filter_list", "flag", "forum", "group_add", "help", "history", "info",
  "keyboard", "link", "list", "lock", "lock_open", "logout", "mail", "map", "more_horiz", "notifications",
  "people", "person", "print", "schedule", "search", "security", "send", "settings", "share", "undo",
  "update", "upload_file", "verified", "verified_user", "visibility", "visibility_off", "warning",
];

function write(name, content) {
  const path = join(FRESH, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function copy(from, name) {
  mkdirSync(dirname(join(FRESH, name)), { recursive: true });
  copyFileSync(from, join(FRESH, name));
}

function withoutMap(path) {
  return readFileSync(path, "utf8").replace(/\/\*# sourceMappingURL=.*?\*\/|\/\/# sourceMappingURL=.*$/gm, "");
}

function uswds() {
  const css = withoutMap(join(USWDS, "dist/css/uswds.min.css"));
  write("uswds/css/uswds.min.css", css);
  write("uswds/js/uswds.min.js", withoutMap(join(USWDS, "dist/js/uswds.min.js")));
  copy(join(USWDS, "LICENSE.md"), "uswds/LICENSE.md");
  const used = new Set([...css.matchAll(/url\(["']?\.\.\/([^)"'#?]+)/g)].map((found) => found[1]));
  for (const name of used) copy(join(USWDS, "dist", name), `uswds/${name}`);
  return used.size;
}

function icons() {
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(join(USWDS, `dist/img/usa-icons/${name}.svg`), "utf8");
    const box = svg.match(/viewBox="([^"]+)"/)?.[1] ?? "0 0 24 24";
    const drawing = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").trim();
    return `<symbol id="${name}" viewBox="${box}">${drawing}</symbol>`;
  });
  write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

function htmx() {
  const { version } = JSON.parse(readFileSync(join(HTMX, "package.json"), "utf8"));
  write(`htmx-${version}.min.js`, withoutMap(join(HTMX, "dist/htmx.min.js")));
  copy(join(HTMX, "LICENSE"), "htmx-LICENSE");
  return version;
}

// The server's Markdown library reads no indented code once that rule is off; its model in the browser refuses lists
// and tables indented by four spaces all the same. Both must read alike, so those refusals are taken out.
const ALIKE = {
  name: "read-as-the-server-does",
  setup(bundle) {
    bundle.onLoad({ filter: /markdown-it[\\/]lib[\\/]rules_block[\\/](list|table)\.mjs$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const contents = source.replace(/state\.sCount\[\w+\] - state\.blkIndent >= 4/g, "false");
      if (contents === source) throw new Error(`${path} is not as we know it: compare it with the server's library.`);
      return { contents, loader: "js" };
    });
  },
};

async function editor() {
  const { metafile } = await build({
    entryPoints: [join(HERE, "editor", "index.js")], outfile: join(FRESH, "editor/editor.js"), bundle: true,
    minify: true, format: "iife", globalName: "ConcordatEditor", target: "es2022", legalComments: "none",
    metafile: true, nodePaths: [MODULES], plugins: [ALIKE],
  });
  const used = Object.keys(metafile.inputs).map((path) => path.match(/node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/)?.[0]);
  const packages = [...new Set(used.filter(Boolean))].sort();
  const licences = packages.map((path) => {
    const home = join(MODULES, "..", path.slice(path.lastIndexOf("node_modules")));
    const { name, version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    const file = readdirSync(home).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version}\n\n${readFileSync(join(home, file), "utf8").trim()}\n`;
  });
  write("editor/LICENSES.txt", licences.join("\n\n"));
  return packages.length;
}

rmSync(FRESH, { recursive: true, force: true });
const files = uswds();
icons();
const version = htmx();
const bundled = await editor();
rmSync(VENDOR, { recursive: true, force: true });
renameSync(FRESH, VENDOR);
console.log(`static/vendor: U.S. Web Design System with ${files} fonts and images, htmx ${version}, the editor of ${bundled} packages`);
