import { Redactor } from "./redact.js";

/** A whole text without its secrets, line by line as in a log. */
export function withoutSecretsIn(text: string): string {
  const lines: string[] = [];
  const redactor = new Redactor((line) => lines.push(line.text));
  for (const line of text.split("\n")) {
    redactor.add({ text: line, missing: 0, end: "", time: "", isRed: false, match: undefined, wanted: true });
  }
  redactor.end();
  return lines.join("\n");
}
