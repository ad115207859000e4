export interface TaskLogEntry {
  id: number;
  content: string;
  type: "input" | "output";
  time: string;
}

export interface TaskLogSnapshot {
  at: string;
  entries: TaskLogEntry[];
}

const columns = 80;
const snapshotEntries = 10;
const snapshotBytes = 64 * 1024;

/** A text as AgentAPI scrapes it from the terminal: wrapped at 80 columns, even within words, and without control codes. */
export function terminalText(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(wrap)
    .join("\n");
}

function wrap(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression removes control characters.
  const shown = [...line.replace(/[\u0000-\u001f\u007f-\u009f]/g, "")];
  const rows: string[] = [];
  for (let i = 0; i < shown.length; i += columns) rows.push(shown.slice(i, i + columns).join(""));
  return rows.join("\n");
}

/** The log that the agent uploads when it shuts down: the last few messages, at most 64 KiB (Coder 2.31 and later). */
export function snapshotOf(log: TaskLogEntry[]): TaskLogSnapshot {
  const entries = log.slice(-snapshotEntries);
  while (Buffer.byteLength(JSON.stringify(entries)) > snapshotBytes) entries.shift();
  return { at: new Date().toISOString(), entries };
}
