/** A small static server for the built page, for this computer only: `npm run serve`. */
import { createReadStream, existsSync, realpathSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join, sep } from "node:path";
import { headersOf as defaultHeaders, typeOf } from "./hosting.mjs";
import { isStarted, main, root, StepFailed } from "./step.mjs";

/** Serves a folder, only for this computer; resolves to the server and its address. */
export async function serve(folder, port, { headersOf = defaultHeaders } = {}) {
  const server = createServer((request, response) => {
    const refuse = (status, text, more = {}) =>
      response
        .writeHead(status, { "content-type": "text/plain", "x-content-type-options": "nosniff", ...more })
        .end(text);
    // A page of another site can name this computer as its server, but not send another name than its own.
    if (!isLocal(request.headers.host, server.address().port)) return refuse(421, "This server is only for localhost");
    if (!["GET", "HEAD"].includes(request.method)) return refuse(405, "Only GET and HEAD", { allow: "GET, HEAD" });
    const name = nameOf(request.url);
    const file = name === undefined ? undefined : fileOf(folder, name);
    if (file === undefined) return refuse(404, "Not found");
    response.writeHead(200, {
      ...headersOf(name),
      "Content-Type": typeOf(name),
      "Content-Length": statSync(file).size,
    });
    if (request.method === "HEAD") return response.end();
    return createReadStream(file)
      .on("error", () => response.destroy())
      .pipe(response);
  });
  await listen(server, port);
  return { server, address: `http://localhost:${server.address().port}/` };
}

/** Whether a Host header names this computer, as the address in the browser does. */
function isLocal(host, port) {
  return ["localhost", "127.0.0.1", "[::1]"].some(
    (name) => host === `${name}:${port}` || (port === 80 && host === name),
  );
}

/** The path of a file in the folder, from that in a request; undefined if no file can have it. */
function nameOf(url) {
  let path;
  try {
    path = decodeURIComponent(url.split(/[?#]/)[0]);
  } catch {
    return undefined;
  }
  const name = path.endsWith("/") ? `${path}index.html` : path;
  const [first, ...parts] = name.split("/");
  // Also drives and streams on Windows, and files for other servers.
  const isRefused = (part) => part === "" || part.startsWith(".") || /[\\:\0]/.test(part);
  return first !== "" || parts.some(isRefused) ? undefined : parts.join("/");
}

/** A file in the folder, which is not a link to somewhere else. */
function fileOf(folder, name) {
  const file = join(folder, name);
  if (!existsSync(file) || !statSync(file).isFile()) return undefined;
  return realpathSync(file).startsWith(realpathSync(folder) + sep) ? file : undefined;
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
