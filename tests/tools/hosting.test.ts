import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  examples,
  headersOf,
  isForServer,
  mediaTypes,
  metaPolicy,
  typeOf,
  writeHosting,
} from "../../tools/hosting.mjs";
import { serve } from "../../tools/serve.mjs";
import { root } from "../../tools/step.mjs";

type Headers = Record<string, string>;

const files = ["index.html", "guide.html", "nucleoscope.html", "service-worker.js"];
const example = (name: string): string => readFileSync(join(root, "deploy", name), "utf8");
const entries = (matches: Iterable<RegExpMatchArray>): Headers =>
  Object.fromEntries([...matches].map(([, name, value]) => [name, value]));

/** How each server reads its example: the headers of a file. */
const readers: Record<string, (name: string) => Headers> = {
  "nginx.conf": (name) => {
    const text = example("nginx.conf");
    const [, map] = text.match(/map \$uri \$nucleoscope_policy \{([^}]*)\}/) ?? [];
    const rules = [...(map ?? "").matchAll(/^ {2}(\S+) "([^"]*)";$/gm)];
    const matching = rules.find(([, key]) => key.startsWith("~") && new RegExp(key.slice(1)).test(`/${name}`));
    const policy = matching ?? rules.find(([, key]) => key === "default");
    const headers = entries(text.matchAll(/^ {2}add_header (\S+) "?([^"]*?)"? always;$/gm));
    expect(headers["Content-Security-Policy"]).toBe("$nucleoscope_policy");
    return { ...headers, "Content-Security-Policy": policy?.[2] ?? "" };
  },
  ".htaccess": (name) => {
    const text = example(".htaccess");
    const set = /^ *Header always set (\S+) "([^"]*)"$/gm;
    const section = /<Files "([^"]*)">([\s\S]*?)<\/Files>/g;
    const headers = entries(text.replaceAll(section, "").matchAll(set));
    for (const [, file, inside] of text.matchAll(section)) {
      if (file === name) Object.assign(headers, entries(inside.matchAll(set)));
    }
    return headers;
  },
  "web.config": (name) => {
    const text = example("web.config");
    const add = /<add name="([^"]*)" value="([^"]*)" \/>/g;
    const location = /<location path="([^"]*)">([\s\S]*?)<\/location>/g;
    const headers = entries(text.replaceAll(location, "").matchAll(add));
    for (const [, file, inside] of text.matchAll(location)) {
      if (file === name) Object.assign(headers, entries(inside.matchAll(add)));
    }
    return headers;
  },
  _headers: (name) => {
    const headers: Headers = {};
    const rules = [...example("_headers").matchAll(/^(\/\S*)\n((?: {2}.*\n)+)/gm)];
    for (const [, path, inside] of rules) {
      if (path !== "/*" && path !== `/${name}`) continue;
      for (const [header, value] of Object.entries(entries(inside.matchAll(/^ {2}([\w-]+): (.*)$/gm)))) {
        // The host joins the values of several rules, and both policies would apply.
        headers[header] = header in headers ? `${headers[header]}, ${value}` : value;
      }
    }
    return headers;
  },
};

test("the examples in deploy/ are those that the build writes", () => {
  for (const [name, text] of Object.entries(examples())) expect(example(name), name).toBe(text);
  const folder = mkdtempSync(join(tmpdir(), "nucleoscope-"));
  writeHosting(folder);
  const written = Object.keys(examples()).filter((name) => name !== "nginx.conf");
  for (const name of written) expect(readFileSync(join(folder, name), "utf8")).toBe(example(name));
  expect(written.every((name) => isForServer(name))).toBe(true);
  rmSync(folder, { recursive: true });
});

test("every example sets the headers that the tests' server sends", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nucleoscope-"));
  for (const name of files) writeFileSync(join(folder, name), "");
  const { server, address } = await serve(folder, 0);
  for (const name of files) {
    const { headers } = await fetch(address + name);
    for (const [example, read] of Object.entries(readers)) {
      const found = read(name);
      expect(Object.keys(found).sort(), example).toEqual(Object.keys(headersOf(name)).sort());
      for (const [header, value] of Object.entries(found)) {
        expect(headers.get(header), `${example}, ${name}, ${header}`).toBe(value);
      }
    }
  }
  server.close();
  rmSync(folder, { recursive: true });
});

test("every example has the media type of every file, and the text types their encoding", () => {
  for (const [end, type] of Object.entries(mediaTypes)) {
    expect(example("nginx.conf")).toMatch(new RegExp(`^    ${type.replace("+", "\\+")} .*\\b${end}\\b.*;$`, "m"));
    expect(example(".htaccess")).toMatch(new RegExp(`^AddType ${type.replace("+", "\\+")} .*\\.${end}\\b`, "m"));
    expect(example("web.config")).toContain(`<mimeMap fileExtension=".${end}" mimeType="${typeOf(`a.${end}`)}" />`);
  }
  expect(typeOf("nucleoscope_bg.wasm")).toBe("application/wasm");
  expect(typeOf("nuclei.onnx")).toBe("application/octet-stream");
});

test("the policy allows nothing by default, no inline code, and only this server", () => {
  for (const policy of [metaPolicy, headersOf("index.html")["Content-Security-Policy"]]) {
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
  }
  expect(metaPolicy).not.toContain("frame-ancestors");
  const { "Content-Security-Policy": framed } = headersOf("index.html", { ancestors: ["https://lab.example"] });
  expect(framed).toMatch(/; frame-ancestors 'self' https:\/\/lab\.example$/);
});
