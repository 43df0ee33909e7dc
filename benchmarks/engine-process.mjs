/** Programs that measure themselves: they answer each line of input with a line of JSON. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A running program; `name` identifies it in errors. */
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
    // A program that has ended is detected when its answer is awaited.
    this.#child.stdin.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Sends one line and returns the answer. */
  async ask(line) {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ${await this.#closed}`);
    const answer = JSON.parse(value);
    if (answer.error !== undefined) throw new Error(`${this.#name}: ${answer.error}`);
    return answer;
  }

  /** The time that a command took, in milliseconds. */
  async time(line) {
    return (await this.ask(line)).milliseconds;
  }

  /** Ends the program. */
  async end() {
    this.#child.stdin.end();
    await this.#closed;
  }
}
