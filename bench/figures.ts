/** Figures of one kind, for the printed table and the JSON. */
export interface Figures {
  title: string;
  /** What was measured and how, if the title doesn't say so. */
  how?: string;
  rows: readonly Row[];
}

export interface Row {
  name: string;
  /** Values by column; a column's name ends with the unit. A row may lack some of its table's columns. */
  values: Readonly<Record<string, number>>;
  /** By column: the aim is at most this value. A missed aim is only shown. */
  aims?: Readonly<Record<string, number>>;
  /** By column: the aim is at least this value. */
  leasts?: Readonly<Record<string, number>>;
}

/** p50, p95 and p99 of some durations in milliseconds, with an aim for the first. */
export function latencyRow(name: string, samples: readonly number[], aimedP50?: number): Row {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    name,
    values: {
      "p50 ms": percentile(sorted, 50),
      "p95 ms": percentile(sorted, 95),
      "p99 ms": percentile(sorted, 99),
    },
    ...(aimedP50 !== undefined && { aims: { "p50 ms": aimedP50 } }),
  };
}

export function median(samples: readonly number[]): number {
  return percentile(
    samples.toSorted((a, b) => a - b),
    50,
  );
}

/** By nearest rank, so the result is always one of the samples, which must be in ascending order. */
function percentile(sorted: readonly number[], percent: number): number {
  const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
  if (value === undefined) throw new Error("there are no samples to take a percentile of");
  return value;
}
