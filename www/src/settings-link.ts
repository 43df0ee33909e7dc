import { asRecord, parseNetworkSettings, parseTuning, type Tuning } from "./tuning.ts";
import type { Settings } from "./wasm/nucleoscope.js";

const key = "settings";

/** Settings as they travel in a link. */
export interface SharedSettings {
  readonly network: Pick<Settings, "diameter">;
  readonly tuning: Partial<Tuning>;
}

/** The address of a page that starts with these settings; nothing in it goes to the server. */
export function linkOf(address: string, settings: Settings): string {
  const url = new URL(address);
  url.hash = `${key}=${encodeURIComponent(JSON.stringify(settings))}`;
  return url.href;
}

/** The settings that an address asks for; null where it asks for none that can be understood. */
export function settingsIn(hash: string): SharedSettings | null {
  const text = new URLSearchParams(hash.replace(/^#/, "")).get(key);
  if (text === null) return null;
  try {
    const given: unknown = JSON.parse(text);
    if (Object.keys(asRecord(given)).length === 0) return null;
    return { network: parseNetworkSettings(given), tuning: parseTuning(given) };
  } catch {
    return null;
  }
}
