import { excerptOf } from "../../../lambdas/log-relay/excerpt.js";

/** The lines as the runner writes them, each with a time stamp. */
export const stamped = (lines: readonly string[]): string =>
  lines.map((line, i) => `2026-03-04T05:06:${String(i % 60).padStart(2, "0")}.1234567Z ${line}\n`).join("");

/** `count` different harmless lines. */
export const quiet = (count: number, word = "Compiling"): string[] =>
  Array.from({ length: count }, (_, i) => `${word} part ${i} of the whole, all is fine so far`);

/** The text as bytes, in chunks that end at these positions (modulo its length). */
export async function* inChunks(text: string, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  for (const [i, place] of places.entries()) yield bytes.subarray(places[i - 1] ?? 0, place);
}

export const excerpt = (text: string, budget = 8192, cuts: readonly number[] = []): Promise<string> =>
  excerptOf(inChunks(text, cuts), budget);
