import { asRecord, parseNetworkSettings, parseTuning, type Tuning } from "./tuning.ts";
import type { Setting, Settings } from "../wasm/nucleoscope.js";

const key = "settings";

/** The settings in a link. */
export interface SharedSettings {
  readonly network: Pick<Settings, "diameter">;
  readonly tuning: Tuning;
  /** Old names of settings that were read. */
  readonly oldNames: readonly string[];
  /** Unknown settings and invalid values, as text. */
  readonly ignored: readonly string[];
}

/** The address of a page that starts with these settings; nothing in it goes to the server. */
export function linkOf(address: string, settings: Settings): string {
  const url = new URL(address);
  url.hash = `${key}=${encodeURIComponent(JSON.stringify(settings))}`;
  return url.href;
}

/** The settings in an address; null if it has none. */
export function settingsIn(hash: string, list: readonly Setting[]): SharedSettings | null {
  const text = new URLSearchParams(hash.replace(/^#/, "")).get(key);
  if (text === null) return null;
  const given = asRecord(parsed(text));
  const network = parseNetworkSettings(given);
  const { tuning, oldNames } = parseTuning(given, list);
  const taken: Record<string, unknown> = { ...network, ...tuning };
  const ignored = Object.entries(given).filter(([name, value]) => taken[name] !== value && !oldNames.includes(name));
  return {
    network,
    tuning,
    oldNames,
    ignored:
      Object.keys(given).length === 0 ? [text] : ignored.map(([name, value]) => `${name} ${JSON.stringify(value)}`),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
