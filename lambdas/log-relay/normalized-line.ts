/** A line without its numbers. Two reports of one kind give the same text. */
export function withoutNumbers(text: string): string {
  return text.slice(0, 300).replace(/\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{8,}\b|\d+/g, "0");
}

/**
 * Differences between jobs of a matrix that fail in the same way: times, durations, addresses, versions, hashes, ids,
 * temporary files.
 */
const jobDetails =
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\b\d\d:\d\d:\d\d(?:[.,]\d+)?|\b0x[0-9a-fA-F]+\b|\bv?\d+(?:\.\d+)+(?:-\w+)?|\b\d+ ?(?:ms|s|sec|secs|seconds?|min|minutes?)\b|\b(?=[a-f]*\d)[0-9a-f]{7,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d{5,}\b|\/tmp\/[\w./-]+/g;

/** A line without the details that differ between jobs that fail in the same way. */
export function withoutJobDetails(text: string): string {
  return text.slice(0, 1000).replace(jobDetails, "0");
}
