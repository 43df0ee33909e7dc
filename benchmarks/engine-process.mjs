/** Programs that measure themselves: one line asks, one line of JSON answers. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A program that is running; `name` is what it is called in errors. */
export class EngineProcess {
  #name;
  #child;
  #lines;
  #closed;

  constructor(name, command, args) {
    this.#name = name;
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#closed = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve(`could not be started (${error.message})`));
      this.#child.on("close", (code, signal) => resolve(`ended (${signal ?? `exit code ${code}`})`));
    });
    // A program that has ended is noticed when its answer is waited for.
    this.#child.stdin.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The answer to one line. */
  async ask(line) {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ${await this.#closed}`);
    const answer = JSON.parse(value);
    if (answer.error !== undefined) throw new Error(`${this.#name}: ${answer.error}`);
    return answer;
  }

  /** How long something took, in milliseconds. */
  async time(line) {
    return (await this.ask(line)).milliseconds;
  }

  /** Ends the program. */
  async end() {
    this.#child.stdin.end();
    await this.#closed;
  }
}
