import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve } from "../../tools/serve.mjs";

let top: string;
let server: Server;
let port: number;

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), "nucleoscope-"));
  writeFileSync(join(top, "secret.txt"), "secret");
  const folder = join(top, "site");
  mkdirSync(join(folder, "inside"), { recursive: true });
  for (const name of ["index.html", "a b.txt", ".htaccess", "inside/index.html"]) {
    writeFileSync(join(folder, name), name);
  }
  mkdirSync(join(top, "site-other"));
  writeFileSync(join(top, "site-other", "secret.txt"), "secret");
  symlinkSync(join(top, "secret.txt"), join(folder, "link.txt"));
  symlinkSync(top, join(folder, "up"));
  ({ server } = await serve(folder, 0));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.close();
  rmSync(top, { recursive: true });
});

/** Sends a request as it is, and returns status and body. */
function ask(path: string, { host = `localhost:${port}`, method = "GET" } = {}): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "localhost");
    let answer = "";
    socket.on("data", (data) => {
      answer += String(data);
    });
    socket.on("error", reject);
    socket.on("close", () => {
      const [head = "", body = ""] = answer.split(/\r\n\r\n([\s\S]*)/);
      resolve([Number(head.split(" ")[1]), body]);
    });
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}

test("files of the folder are sent", async () => {
  expect(await ask("/")).toEqual([200, "index.html"]);
  expect(await ask("/?lang=de#here")).toEqual([200, "index.html"]);
  expect(await ask("/a%20b.txt")).toEqual([200, "a b.txt"]);
  expect(await ask("/inside/")).toEqual([200, "inside/index.html"]);
  expect(await ask("/", { method: "HEAD" })).toEqual([200, ""]);
});

test("nothing outside the folder is sent, however it is written", async () => {
  const up = ["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "..\\secret.txt", "..%5csecret.txt"];
  const others = ["inside/../../secret.txt", "../site-other/secret.txt", "link.txt", "up/secret.txt", "/secret.txt"];
  const odd = ["%00", "index.html%00.txt", "%c0%ae%c0%ae/secret.txt", "%", ".htaccess", "inside", "C:/secret.txt"];
  for (const path of [...up, ...others, ...odd]) {
    const [status, body] = await ask(`/${path}`);
    expect([status, body.includes("secret")], path).toEqual([404, false]);
  }
  expect((await ask("secret.txt"))[0]).toBeGreaterThanOrEqual(400);
  expect((await ask(`http://localhost:${port}/../secret.txt`))[0]).toBe(404);
});

test("only GET and HEAD are answered", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    expect((await ask("/", { method }))[0], method).toBe(405);
  }
});

test("another name than localhost is refused: a site that points its name at this computer gets nothing", async () => {
  for (const host of ["evil.example", `evil.example:${port}`, "localhost", `localhost.evil.example:${port}`, ""]) {
    const [status, body] = await ask("/", { host });
    expect([status, body.includes("index")], host).toEqual([421, false]);
  }
  for (const host of [`127.0.0.1:${port}`, `[::1]:${port}`]) expect((await ask("/", { host }))[0], host).toBe(200);
});

test("other computers cannot connect", async () => {
  const { address } = server.address() as AddressInfo;
  expect(["127.0.0.1", "::1"]).toContain(address);
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal, scopeid }) => !internal && !scopeid);
  for (const { address: other } of outside) {
    const code = await new Promise((resolve) => {
      const socket = connect(port, other, () => {
        socket.destroy();
        resolve("connected");
      });
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(code, other).toBe("ECONNREFUSED");
  }
});
