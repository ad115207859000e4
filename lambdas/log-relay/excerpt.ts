import { cutToBytes } from "../text/bytes.js";
import { KeptLines } from "./kept-lines.js";
import { LineSplitter } from "./line-splitter.js";
import { Redactor } from "./redact.js";
import { textOf } from "./selection.js";
import { LineShow } from "./shown-line.js";

/** Bytes of a line that are shown at most. */
const longestLineBytes = 1000;

/**
 * What of a job's log says why the job failed, as plain text of at most `budget` bytes (UTF-8): the lines around
 * error marks, and the tail. Secrets are redacted, and every cut says how much it left out. Reads the log to its
 * end and holds a few times `budget` bytes of it, whatever its size. Throws only what `chunks` throws.
 *
 * @example
 * const text = await excerptOf(createReadStream("job.log"), 8 * 1024);
 */
export async function excerptOf(chunks: AsyncIterable<Uint8Array>, budget: number): Promise<string> {
  const kept = new KeptLines(budget);
  const show = new LineShow(Math.min(longestLineBytes, budget / 8), (line) => kept.add(line));
  const redactor = new Redactor((line) => show.add(line));
  const splitter = new LineSplitter((line) => redactor.add(line));
  for await (const chunk of chunks) splitter.add(chunk);
  splitter.end();
  redactor.end();
  show.end();
  return cutToBytes(textOf(kept, budget), budget).text;
}
