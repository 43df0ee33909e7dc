/** The packed package, installed as a user does, and a server for pages that use it. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { packed } from "../../tools/pack.mjs";
import { pythonEnvironment } from "../../tools/python.mjs";
import { root } from "../../tools/step.mjs";
import { commandLine, temporaryFolder } from "../e2e/harness.mjs";

/** The folder with the examples. */
export const examples = join(root, "examples");

/** The path of the archive that `npm run pack` wrote last. */
function archive() {
  const newest = readdirSync(packed)
    .filter((name) => name.endsWith(".tgz"))
    .map((name) => join(packed, name))
    .sort((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs);
  return newest[0];
}

/**
 * A temporary folder, with an example's files if one is named, in which the package is installed; without a network,
 * unless the example has other dependencies.
 */
export function installed(example, { isOffline = true } = {}) {
  const folder = temporaryFolder();
  if (example === undefined) writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  else cpSync(join(examples, example), folder, { recursive: true });
  npm(folder, "install", ...(isOffline ? ["--offline"] : []), archive());
  return folder;
}

/**
 * Copies an example in Python, with the package's files in its folder `target`, and installs its requirements. Resolves
 * to the folder and the path of Python.
 */
export async function pythonExample(example, target) {
  const folder = temporaryFolder();
  cpSync(join(examples, example), folder, { recursive: true });
  cpSync(distIn(installed()), join(folder, target), { recursive: true });
  const requirements = `examples/${example}/requirements.txt`;
  const python = await pythonEnvironment({ name: `${example}-venv`, requirements, user: "The examples in Python" });
  return { folder, python };
}

/** Runs npm in a folder. */
export function npm(folder, ...parameters) {
  const shell = process.platform === "win32";
  return execFileSync("npm", ["--no-audit", "--no-fund", ...parameters], { cwd: folder, encoding: "utf8", shell });
}

/** The number of nuclei that the command line finds in an image. */
export function countOf(image, ...options) {
  const rows = join(temporaryFolder(), "rows.csv");
  commandLine("segment", image, "--output", rows, ...options);
  return readFileSync(rows, "utf8").trimEnd().split("\n").length - 1;
}

/** Starts a server that prints its address, until the test ends; resolves to the address. */
export async function startServer(program, parameters, options, context) {
  const env = { ...process.env, ...options.env, NO_COLOR: "1", FORCE_COLOR: undefined };
  const server = spawn(program, parameters, { ...options, env });
  context.after(async () => {
    server.kill();
    for (let tries = 0; tries < 50 && server.exitCode === null && server.signalCode === null; tries++) {
      await setTimeout(100);
    }
    server.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (data) => {
      text += String(data);
      const [found] = text.match(/http:\S+(?=\s)/) ?? [];
      if (found !== undefined) resolve(found);
    };
    server.on("error", reject);
    server.on("exit", () => reject(new Error(text)));
    server.stdout.on("data", read);
    server.stderr.on("data", read);
  });
}

/** The package's files in a folder where it is installed. */
export const distIn = (folder) => join(folder, "node_modules", "nucleoscope", "dist");

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/**
 * Serves files, each found by a function from its path, until the test ends; resolves to the address. With `fallback`,
 * every other address is answered with this file, as servers of single-page applications do.
 */
export async function serveFiles(find, context, { headers = {}, fallback } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = [find(pathname), fallback].find((path) => path !== undefined && isFile(path));
    if (file === undefined) {
      response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
      return;
    }
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", ...headers });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${server.address().port}/`;
}

function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
