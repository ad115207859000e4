import type { CommentInput } from "./input.js";
import { wording } from "./wording.js";

type Location = Pick<CommentInput, "line" | "startLine" | "side" | "startSide" | "isOutdated" | "commit">;

/**
 * The text after a file's path: the lines that a comment is about, and the version of the file, unless it is the newest.
 * Without the version, an agent would search the new file for a deleted line.
 */
export function linesOf({ line, startLine, side, startSide, isOutdated, commit }: Location): string {
  if (line === undefined) return "";
  const first = startLine ?? line;
  const isOld = side === "LEFT";
  const isFirstOld = startLine === undefined ? isOld : (startSide ?? side) === "LEFT";
  if (!isOutdated && !isOld && !isFirstOld) return first === line ? `:${line}` : `:${first}-${line}`;
  const lines =
    isOld === isFirstOld
      ? `${wording.lines(first, line)}${isOld ? wording.ofOldVersion : ""}`
      : wording.across({ line: first, isOld: isFirstOld }, { line, isOld });
  const version = isOutdated ? wording.ofEarlierCommit(commit, isOld || isFirstOld) : "";
  return `, ${lines}${version}`;
}
