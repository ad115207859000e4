import { byteLength } from "../text/bytes.js";
import { Digest } from "./digest.js";
import { KeptLines } from "./kept-lines.js";
import { LogWindow } from "./log-window.js";
import { RawLines } from "./raw-lines.js";
import { Redactor } from "./redact.js";
import type { Period } from "./scores.js";
import { LineShow } from "./shown-line.js";

/** Bytes of a line that are shown where there is little room. */
const longestLineBytes = 1000;

/** How many times `budget` is held of a log. */
const heldBudgets = 6;

/** How many times `budget` of a log's end is held at least: folded and cut, it may be less. */
const tailBudgets = 1.5;

/**
 * Reads a log to its end, and holds what an excerpt of at most `budget` bytes (UTF-8) can need: a few times as much,
 * whatever the size of the log. Secrets are redacted. Lines of the periods in which steps `failed` come before others.
 * Throws only what `chunks` throws.
 */
export async function digestOf(
  chunks: AsyncIterable<Uint8Array>,
  budget: number,
  failed: readonly Period[] = [],
): Promise<Digest> {
  const kept = new KeptLines(budget, budget * heldBudgets);
  const show = new LineShow(Math.min(longestLineBytes, budget / 8), (line) => kept.add(line));
  const skip = (lines: number, bytes: number) => {
    show.end();
    kept.skip(lines, bytes);
  };
  const redactor = new Redactor((line) => {
    if (line.wanted) show.add(line);
    else skip(1, byteLength(line.text) + line.missing + byteLength(line.end) + 1);
  });
  const window = new LogWindow(budget * heldBudgets, {
    add: (line) => redactor.add(line),
    needsNext: () => redactor.needsNext(),
    skip,
  });
  const lines = new RawLines((page) => window.add(page));
  for await (const chunk of chunks) lines.add(chunk);
  lines.end();
  window.end(budget * tailBudgets);
  redactor.end();
  show.end();
  return new Digest(kept, failed);
}

/**
 * What of a job's log says why the job failed, as plain text of at most `budget` bytes: the lines around error marks,
 * and the tail. Every cut says how much it left out.
 *
 * @example
 * const text = await excerptOf(createReadStream("job.log"), 8 * 1024);
 */
export async function excerptOf(chunks: AsyncIterable<Uint8Array>, budget: number): Promise<string> {
  return (await digestOf(chunks, budget)).text(budget);
}
