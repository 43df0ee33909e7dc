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
  if (isReport(error)) return { code: error.code, message: error.message, help: error.help };
  return {
    code: "engine/internal",
    message: `Something went wrong inside the program: ${messageOf(error)}`,
    help: "Reload the page and try again.",
  };
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
  throw new EngineError({
    code: "engine/bad-option",
    message: `The option ${option} is ${String(value)}, which is not a positive whole number.`,
    help: "Give a positive whole number, or omit the option to use the default.",
  });
}
