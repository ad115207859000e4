import { cutWhere, utf8Length } from "./bytes.js";

/** The unit of a limit: UTF-8 bytes (Go's `len`), UTF-16 units (JavaScript's `length`) or code points (Go's runes). */
export type Unit = "bytes" | "utf16" | "codePoints";

/** The maximum length of a text, in the unit of the service that sets it. */
export interface Limit {
  readonly max: number;
  readonly unit: Unit;
}

const bytes = (max: number): Limit => ({ max, unit: "bytes" });
const utf16 = (max: number): Limit => ({ max, unit: "utf16" });
const codePoints = (max: number): Limit => ({ max, unit: "codePoints" });

/** The limits of other services for texts that the relay sends them. */
export const limits = {
  coder: {
    /** For tasks and workspaces: `NameValid` in codersdk/name.go. */
    name: bytes(32),
    /** For a task: `len(taskDisplayName) > 64` in coderd/aitasks.go, after trimming. */
    displayName: bytes(64),
    /** `utf8.RuneCountInString` in coderd/exp_chats.go. */
    chatTitle: codePoints(200),
    /** coderd/httpapi/chatlabels.go, which also limits labels to 50 and keys to 64 bytes. */
    chatLabel: bytes(256),
    /**
     * For the first prompt. The JSON of a new chat may have 256 KiB (coderd/exp_chats.go), and JSON at most doubles the
     * length of a text without control characters.
     */
    prompt: bytes(120 * 1024),
  },
  gitHub: {
    /**
     * For a comment or an issue. The error says "maximum is 65536 characters" but not which unit: GitHub accepted
     * comments of up to 262,144 bytes and pull requests of up to 65,536 code points. UTF-16 units satisfy both.
     */
    body: utf16(65_536),
    /** The error says "maximum is 256 characters". UTF-16 units are never fewer than code points. */
    issueTitle: utf16(256),
    /** The documentation says characters; the error says "exceeds a maximum bytesize of 65535". */
    checkRunSummary: bytes(65_535),
    /** https://docs.github.com/en/rest/checks/runs says 255 characters and 64 KB. Counted in bytes, as summaries are. */
    annotationTitle: bytes(255),
    annotationMessage: bytes(64 * 1024),
  },
  aws: {
    /** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html (ASCII only) */
    executionName: codePoints(80),
    /** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html (ASCII only) */
    scheduleName: codePoints(64),
  },
} as const;

/** GitHub's limit for one request: https://docs.github.com/en/rest/checks/runs#create-a-check-run */
export const annotationsAtOnce = 50;

/** The number of a pull request's files that GitHub lists in one answer. */
export const filesAtOnce = 100;

const sizes: Record<Unit, (character: string) => number> = {
  bytes: utf8Length,
  utf16: (character) => character.length,
  codePoints: () => 1,
};

/** Whether a text is within a limit. */
export function fits(text: string, limit: Limit): boolean {
  return cutToLimit(text, limit) === text;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Enough to find the end of a character: a family emoji has 11 UTF-16 units. */
const lookAhead = 64;

/**
 * The longest beginning within a limit, cut between characters as people see them: a letter keeps its marks, and an emoji
 * all its parts. A character is cut between code points only if it is the first and exceeds the limit alone.
 */
export function cutToLimit(text: string, { max, unit }: Limit): string {
  let size = 0;
  const { text: start } = cutWhere(text, (character) => {
    size += sizes[unit](character);
    return size > max;
  });
  const end = start.length;
  if (end === text.length) return text;
  const whole = graphemes.segment(text.slice(0, end + lookAhead)).containing(end)?.index ?? end;
  return text.slice(0, whole === 0 ? end : whole);
}

const ellipsis = "…";

/** The text if it is within the limit; otherwise its beginning with an ellipsis, together within the limit. */
export function shortened(text: string, limit: Limit): string {
  if (fits(text, limit)) return text;
  const room = limit.max - sizes[limit.unit](ellipsis);
  return room < 0 ? "" : `${cutToLimit(text, { ...limit, max: room }).trimEnd()}${ellipsis}`;
}
