/** Invented results: every row just meets its target, unless a test changes it. */
import { rows } from "../../benchmarks/rows.mjs";
import { compare } from "../../benchmarks/statistics.mjs";

export function sample() {
  const comparison = (row: any) => {
    if (row.peer === null) return compare(row, [row.target]);
    return compare(row, [(row.target ?? 1) * 90, (row.target ?? 1) * 100, (row.target ?? 1) * 110], [100, 100, 100]);
  };
  return {
    machine: { processor: "Abacus 3000", cores: 2, memory: "24 GiB" },
    versions: { Nucleoscope: "0.1.0", tract: "1.2.3" },
    comparisons: rows.map(comparison),
    growth: [
      { side: 256, seconds: 0.1, rounds: 15 },
      { side: 512, seconds: 0.4, rounds: 15 },
    ],
    peak: { gflops: 50, nativeGflops: 100 },
    warm: { milliseconds: [50, 40], ratio: 1.25 },
  };
}
