/** What the user prefers on this computer, such as the widths of columns; without storage, until the page is left. */

const key = "nucleoscope.preferences";
let known: Readonly<Record<string, unknown>> | null = null;

/** A stored preference; undefined if there is none. */
export function preference(name: string): unknown {
  known ??= read();
  return known[name];
}

/** Stores a preference; null removes it. */
export function prefer(name: string, value: number | string | null): void {
  known = { ...(known ?? read()), [name]: value ?? undefined };
  try {
    localStorage.setItem(key, JSON.stringify(known));
  } catch {
    // Storage is forbidden, as in a sandboxed frame, or full.
  }
}

function read(): Readonly<Record<string, unknown>> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
