import type { ErrorReport } from "./protocol.ts";

/** An error that explains itself: what happened, a stable code, and what to do about it. */
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

/** The three parts of any error; one that does not explain itself is named as a fault of the program. */
export function reportOf(error: unknown): ErrorReport {
  if (isReport(error)) return { code: error.code, message: error.message, help: error.help };
  return {
    code: "engine/internal",
    message: `Something went wrong inside the program: ${messageOf(error)}`,
    help: "Reload the page and try again.",
  };
}

/** What anything that was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error has the three parts. */
export function isReport(error: unknown): error is ErrorReport {
  if (typeof error !== "object" || error === null) return false;
  const { code, message, help } = error as Partial<ErrorReport>;
  return typeof code === "string" && typeof message === "string" && typeof help === "string";
}

/** Refuses an option that has to be a whole number from 1 and is none. */
export function checkCount(value: unknown, option: string): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw new EngineError({
    code: "engine/bad-option",
    message: `The option ${option} is ${String(value)}, which is not a whole number from 1.`,
    help: "Give one, or leave the option out: the program then chooses what suits the computer.",
  });
}
