/** Makes the guide to the page from the documentation: a page of its own, without scripts, that needs no network. */
import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, StepFailed } from "./step.mjs";

/** The guide's name, in the folder of the page. */
export const guide = "guide.html";

/** What it consists of: the guide itself, and the reference that it links to. */
const documents = ["workbench.md", "formats.md"];

/** Pictures that are left out: this one shows what others show, at three times their size. */
const leftOut = ["page-large.jpg"];

/** The guide as HTML with the hash of its styles, and the names of its pictures; without `withPictures`, it has none. */
export async function guideFrom(folder, { withPictures }) {
  const { Marked } = await import("marked");
  const headings = [];
  const targets = [];
  const pictures = [];
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = idOf(text);
        headings.push({ id, depth, html: this.parser.parseInline(tokens) });
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        if (/^https:/.test(href)) return `<a href="${href}" rel="noreferrer">${words}</a>`;
        const [document, fragment] = href.split("#");
        // Other parts of the documentation are not here.
        if (document !== "" && !documents.includes(document)) return words;
        const target = fragment ?? idOf(titleOf(folder, document));
        targets.push(target);
        return `<a href="#${target}">${words}</a>`;
      },
      image({ href, text }) {
        if (!withPictures || leftOut.includes(href)) return "";
        pictures.push(href);
        return `<img src="${href}" alt="${escaped(text)}" loading="lazy">`;
      },
      table({ header, rows }) {
        const cell = (tag, tokens) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`;
        const cells = (row, tag) => row.map(({ text, tokens }) => cell(text === "" ? "td" : tag, tokens)).join("");
        const hasHead = header.some(({ text }) => text !== "");
        const head = hasHead ? `<thead><tr>${cells(header, "th")}</tr></thead>` : "";
        const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
        return `<div class="table" tabindex="0"><table>${head}<tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  const articles = documents.map((name) => `<article>\n${marked.parse(textOf(folder, name))}</article>`);
  const missing = targets.filter((target) => !headings.some(({ id }) => id === target));
  const ids = headings.map(({ id }) => id);
  const repeated = ids.filter((id, place) => ids.indexOf(id) !== place);
  if (missing.length + repeated.length > 0) {
    throw new StepFailed(
      `The guide has links to nothing (${missing.join(", ")}) or headings twice (${repeated.join(", ")}).`,
    );
  }
  const contents = headings
    .filter(({ depth }) => depth < 3)
    .map(({ id, depth, html }) => `<li class="level-${depth}"><a href="#${id}">${html}</a></li>`);
  const style = readFileSync(join(root, "www", "guide.css"), "utf8");
  const styleHash = `sha256-${createHash("sha256").update(style).digest("base64")}`;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${styleHash}'; img-src 'self' data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Guide · Nucleoscope</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<nav aria-label="Contents">
<ul>
${contents.join("\n")}
</ul>
</nav>
<main>
${articles.join("\n").replaceAll(/<p>\s*<\/p>\n/g, "")}
</main>
</body>
</html>
`;
  return { html, styleHash, pictures };
}

/** Writes {@link guide} and its pictures into the folder of the built page. */
export async function writeGuide(target) {
  const folder = join(root, "docs");
  const { html, pictures } = await guideFrom(folder, { withPictures: true });
  writeFileSync(join(target, guide), html);
  for (const name of pictures) cpSync(join(folder, name), join(target, name));
}

function textOf(folder, name) {
  return readFileSync(join(folder, name), "utf8");
}

function titleOf(folder, name) {
  return textOf(folder, name).match(/^# (.*)$/m)[1];
}

/** The id of a heading, as GitHub makes it. */
function idOf(text) {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}\s-]/gu, "")
    .replaceAll(" ", "-");
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
