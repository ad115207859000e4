export interface Reading {
  /** The exact content of each fenced block. */
  quoted: string[];
  /** All other lines: the relay's own text. */
  said: string[];
}

/** Reads a message as Markdown readers do (CommonMark, fenced code blocks of backticks). */
export function read(message: string): Reading {
  const quoted: string[] = [];
  const said: string[] = [];
  let open: { fence: string; lines: string[] } | undefined;
  for (const line of message.split("\n")) {
    if (open) {
      const isClosing = /^ {0,3}`+[ \t]*$/.test(line) && line.trim().length >= open.fence.length;
      if (!isClosing) {
        open.lines.push(line);
        continue;
      }
      quoted.push(open.lines.join("\n"));
      open = undefined;
      continue;
    }
    const fence = /^ {0,3}(`{3,})[^`]*$/.exec(line)?.[1];
    if (fence === undefined) said.push(line);
    else open = { fence, lines: [] };
  }
  if (open) throw new Error("A fence is left open.");
  return { quoted, said };
}
