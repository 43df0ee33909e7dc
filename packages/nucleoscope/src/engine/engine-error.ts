import * as text from "../text.ts";
import type { ErrorReport } from "../wasm/nucleoscope.js";

/** An error with a message, a stable code, and help. */
export class EngineError extends Error implements ErrorReport {
  override readonly name = "NucleoscopeError";
  readonly code: string;
  readonly help: string;

  constructor(report: ErrorReport) {
    super(report.message);
    this.code = report.code;
    this.help = report.help;
  }
}

/** The message, code and help of any error; an error without them is reported as a fault of the program. */
export function reportOf(error: unknown): ErrorReport {
  return isReport(error) ? copyOf(error) : { code: "engine/internal", ...text.internalError(messageOf(error)) };
}

/** The message, code and help of an error, which can be sent to another thread. */
export function copyOf({ code, message, help }: ErrorReport): ErrorReport {
  return { code, message, help };
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error has a message, a code and help. */
export function isReport(error: unknown): error is ErrorReport {
  if (typeof error !== "object" || error === null) return false;
  const { code, message, help } = error as Partial<ErrorReport>;
  return typeof code === "string" && typeof message === "string" && typeof help === "string";
}

/** Throws if an option is not a positive whole number. */
export function checkCount(value: unknown, option: string): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw new EngineError({ code: "engine/bad-option", ...text.notPositiveWhole(option, String(value)) });
}
