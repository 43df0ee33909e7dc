#!/usr/bin/env node
/**
 * Starts Firefox for Playwright, which controls it with WebDriver BiDi, and stands between them where Firefox 153 does
 * not do what Playwright 1.65 expects:
 *
 * - `emulation.setMediaFeaturesOverride`, which Playwright sends for every context, is unknown; it is answered here.
 * - Events about downloads have no id. They get one, and files have the suggested name also when it is taken.
 */
import { spawn } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket, WebSocketServer } from "ws";

const firefox = spawn(process.env.FIREFOX, process.argv.slice(2), { stdio: ["ignore", "inherit", "pipe"] });
firefox.on("exit", (code) => process.exit(code ?? 1));
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => firefox.kill(signal));

for await (const line of createInterface(firefox.stderr)) {
  const [, address] = line.match(/^WebDriver BiDi listening on (ws:.*)$/) ?? [];
  if (address === undefined) console.error(line);
  else console.error(`WebDriver BiDi listening on ${await between(address)}`);
}

/** Starts a server between Playwright and Firefox; resolves to its address. */
async function between(address) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (playwright, { url }) => {
    const browser = new WebSocket(address + url, { perMessageDeflate: false, maxPayload: 1 << 30 });
    const withId = downloadsWithIds();
    const waiting = [];
    browser.on("open", () => {
      for (const data of waiting) browser.send(data);
    });
    playwright.on("message", (data) => {
      const text = String(data);
      const { id, method } = JSON.parse(text);
      if (method === "emulation.setMediaFeaturesOverride") {
        playwright.send(JSON.stringify({ type: "success", id, result: {} }));
      } else if (browser.readyState === WebSocket.OPEN) browser.send(text);
      else waiting.push(text);
    });
    browser.on("message", (data) => {
      const text = String(data);
      playwright.send(text.includes('"browsingContext.download') ? withId(text) : text);
    });
    browser.on("close", () => playwright.close());
    playwright.on("close", () => browser.close());
  });
  await new Promise((resolve) => server.on("listening", resolve));
  return `ws://127.0.0.1:${server.address().port}`;
}

/** Returns a function that adds ids to events about downloads; an address is downloaded once at a time. */
function downloadsWithIds() {
  const running = new Map();
  let count = 0;
  return (text) => {
    const event = JSON.parse(text);
    const { params } = event;
    if (event.method === "browsingContext.downloadWillBegin") {
      // Playwright keeps all files in one folder, and Firefox numbers those whose names are taken.
      params.suggestedFilename = params.suggestedFilename.replace(/\(\d+\)(?=\.\w+$)/, "");
      params.download = `download ${++count}`;
      running.set(params.url, { id: params.download, name: params.suggestedFilename });
    } else if (event.method === "browsingContext.downloadEnd") {
      const { id, name } = running.get(params.url) ?? {};
      params.download = id;
      const { filepath } = params;
      if (typeof filepath === "string" && name !== undefined) {
        const expected = join(dirname(filepath), name);
        if (existsSync(filepath) && filepath !== expected) renameSync(filepath, expected);
      }
    }
    return JSON.stringify(event);
  };
}
