import { defineConfig } from "vitest/config";

/** Tests of the page, the benchmarks, the tools and the WebAssembly module; those in browsers are in tests/e2e. */
export default defineConfig({
  test: {
    include: ["tests/*/*.test.ts"],
    environment: "node",
    testTimeout: 60_000,
  },
});
