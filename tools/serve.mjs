/** A small static server for the built page: `npm run serve`. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { isStarted, main, root, StepFailed } from "./step.mjs";

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".onnx": "application/octet-stream",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** Serves a folder, only for this computer; resolves to the server and its address. */
export async function serve(folder, port) {
  const server = createServer((request, response) => {
    const file = fileOf(folder, request.url ?? "/");
    if (file === undefined) {
      response.writeHead(404, { "content-type": "text/plain" }).end("Not found");
      return;
    }
    response.writeHead(200, {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      "content-length": statSync(file).size,
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    if (request.method === "HEAD") response.end();
    else createReadStream(file).pipe(response);
  });
  await listen(server, port);
  return { server, address: `http://localhost:${server.address().port}/` };
}

function fileOf(folder, url) {
  let path;
  try {
    path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
  } catch {
    return undefined;
  }
  const file = join(folder, path.endsWith(sep) ? join(path, "index.html") : path);
  return file.startsWith(folder + sep) && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

/** Uses the requested port, or the first free one from 8080. */
async function listen(server, port) {
  const candidates = port === undefined ? Array.from({ length: 100 }, (_, index) => 8080 + index) : [port];
  for (const candidate of candidates) {
    const error = await new Promise((resolve) => {
      server.once("error", resolve);
      server.listen(candidate, "localhost", () => {
        server.off("error", resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) return;
    if (error.code !== "EADDRINUSE") throw error;
  }
  throw new StepFailed(`No free port: ${candidates[0]} to ${candidates.at(-1)} are taken. Set PORT to another.`);
}

/** Serves the built page until the process is ended. */
export async function serveDist() {
  const dist = join(root, "www", "dist");
  if (!existsSync(join(dist, "index.html"))) {
    throw new StepFailed('The page has not been built yet; "npm start" builds and serves it.');
  }
  const port = process.env.PORT === undefined ? undefined : Number(process.env.PORT);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536)) {
    throw new StepFailed(`PORT must be a number from 0 to 65535, not "${process.env.PORT}".`);
  }
  const { address } = await serve(dist, port);
  console.log(`\nNucleoscope is ready at ${address}\nPress Ctrl+C to stop.`);
}

if (isStarted(import.meta.url)) await main(serveDist);
