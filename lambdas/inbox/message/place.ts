import type { CommentInput } from "./input.js";
import { wording } from "./wording.js";

type Place = Pick<CommentInput, "line" | "startLine" | "side" | "startSide" | "isOutdated" | "commit">;

/**
 * What goes after a file's path: the lines that a comment is about, and of which version of the file they are, unless
 * it is the newest. Nobody looks a deleted line up in the new file.
 */
export function linesOf({ line, startLine, side, startSide, isOutdated, commit }: Place): string {
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
