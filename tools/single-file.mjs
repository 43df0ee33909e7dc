/** Builds the page as one self-contained file that can be opened from a disk. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { guide, guideFrom } from "./guide.mjs";
import { licences } from "./licences.mjs";
import { root, StepFailed } from "./step.mjs";

/** The file's name, in the folder of the served page. */
export const singleFile = "nucleoscope.html";

/** The parts that the page's script unpacks (`www/src/embedded-assets.ts`), with their media types. */
const parts = {
  "nucleoscope_bg.wasm": "application/wasm",
  "nuclei.onnx": "application/octet-stream",
  "worker.js": "text/javascript",
};

/** Writes {@link singleFile} into the folder of the built page; `check` is run before its scripts. */
export async function writeSingleFile(dist, check) {
  const text = (name) => readFileSync(join(dist, name), "utf8");
  const pages = readdirSync(dist).filter((name) => /^page\..*\.js$/.test(name));
  const scripts = [check, ...pages.map((name) => withoutSourceMap(text(name)))].map((script) =>
    script.replaceAll("</script", "<\\/script"),
  );
  const style = withoutSourceMap(text("styles.css"));
  const pack = (name, type, content) => {
    const base64 = gzipSync(content, { level: 9 }).toString("base64");
    return `<script type="application/gzip" data-part="${name}" data-type="${type}">${base64}</script>\n`;
  };
  // Its pictures would be a fifth of the file.
  const { html: guideText, styleHash } = await guideFrom(join(root, "docs"), { withPictures: false });
  const packed = [
    pack(guide, "text/html", guideText),
    ...Object.entries(parts).map(([name, type]) => pack(name, type, readFileSync(join(dist, name)))),
  ];
  // Nothing may be fetched, and only the scripts in this file may run.
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map((script) => `'${hash(script)}'`).join(" ")} 'wasm-unsafe-eval'`,
    "worker-src blob:",
    // The guide is opened from memory, under the same policy.
    `style-src '${hash(style)}' '${styleHash}'`,
    "img-src blob: data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types nucleoscope nucleoscope-loader",
  ].join("; ");
  let html = text("index.html");
  const replace = (pattern, replacement, times = 1) => {
    const found = html.match(new RegExp(pattern, "g"))?.length ?? 0;
    if (found !== times) throw new StepFailed(`index.html has ${pattern.source} ${found} times, not ${times}.`);
    html = html.replace(new RegExp(pattern, "g"), () => replacement);
  };
  replace(/content="default-src[^"]*"/, `content="${policy}"`);
  replace(/ *<!-- Requested as the script[^>]*-->\n/, "");
  replace(/ *<link rel="manifest"[^>]*>\n/, "");
  replace(/ *<link rel="preload"[^>]*>\n/, "", Object.keys(parts).length);
  replace(/<link rel="stylesheet"[^>]*>/, `<style>${style}</style>`);
  replace(/ *<!-- Not a module[^>]*-->\n/, "");
  // One for each language; all but one do nothing.
  const elements = scripts.map((script) => `<script type="module">${script}</script>`);
  replace(/<script defer[^>]*><\/script>/, elements.join("\n    "));
  // Two hyphens would end the comment.
  const notices = `<!--\n${text(licences).replaceAll("--", "- -").replaceAll("--", "- -")}-->\n`;
  // Last, so that a truncated file can still report that it is damaged.
  replace(/ *<\/body>\n/, `${notices}${packed.join("")}</body>\n`);
  writeFileSync(join(dist, singleFile), html);
}

function withoutSourceMap(code) {
  return code.replace(/\n(?:\/\/|\/\*)# sourceMappingURL=.*\n?$/, "\n");
}

function hash(content) {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}
