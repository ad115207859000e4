/** A line without its numbers: what two reports of one kind have in common. */
export function shapeOf(text: string): string {
  return text.slice(0, 300).replace(/\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{8,}\b|\d+/g, "0");
}

/**
 * What differs between jobs of a matrix that fail alike: times, durations, addresses, versions, hashes, ids, places
 * for temporary files.
 */
const ofOneJob =
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\b\d\d:\d\d:\d\d(?:[.,]\d+)?|\b0x[0-9a-fA-F]+\b|\bv?\d+(?:\.\d+)+(?:-\w+)?|\b\d+ ?(?:ms|s|sec|secs|seconds?|min|minutes?)\b|\b(?=[a-f]*\d)[0-9a-f]{7,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d{5,}\b|\/tmp\/[\w./-]+/g;

/** A line as jobs that fail alike have it in common. */
export function commonOf(text: string): string {
  return text.slice(0, 1000).replace(ofOneJob, "0");
}
