import { type ErrorPattern, hint } from "./error-pattern.js";

/** Words that are common in the failure reports of all tools, but also in the output of passing tests. */
export const wordPatterns: readonly ErrorPattern[] = [
  hint(
    "shells",
    ["not found", "no such file", "permission denied"],
    /: (?:command not found|not found|No such file or directory|Permission denied)\b/i,
    { before: 5 },
  ),
  hint(
    "exit codes",
    ["exit", "non-zero", "returned", "status"],
    /\bexit(?:ed)?(?: with)?(?: code| status| value)?:? \(?-?[1-9]\d*\b|\bnon-zero\b|\b(?:returned|status)(?: code| exit code)?:? [1-9]\d*$/i,
    { before: 10 },
  ),
  hint(
    "signals",
    ["sigkill", "sigsegv", "sigabrt", "sigterm", "killed", "aborted", "terminated"],
    /\bSIG(?:KILL|SEGV|ABRT|TERM|BUS|ILL|FPE)\b|\b(?:Killed|Aborted|Terminated)\b/,
  ),
  hint("any", ["error"], /(?<![-./@\w])errors?(?![-./]\w|\w)/i),
  hint("any", ["fail"], /(?<![-./@\w])fail(?:ed|s|ure|ures|ing)?(?![-./]\w|\w)/i),
  // Words inside of names: `CREATE_FAILED`, `IDPProcessingError`, `ENOENT_ERR`.
  hint(
    "any",
    ["error", "fail", "exception", "invalid", "timeout", "fault", "denied", "refused", "aborted", "panic"],
    /[A-Za-z](?:Error|Exception|Fail(?:ed|ure)|Invalid|Timeout|Fault|Denied|Refused|Aborted|Panic)(?![a-z])|_(?:ERROR|FAILED|FAILURE|EXCEPTION|TIMEOUT)\b|\b(?:ERROR|FAILED|FAILURE|EXCEPTION)_/,
  ),
  hint(
    "any",
    ["exception", "fatal", "panic", "timed out", "timeout", "assert"],
    /(?<![-./@\w])(?:exceptions?|fatal|panic(?:ked)?|timed[ -]?out|timeout|asserti?o?n?s?)(?![-./]\w|\w)/i,
  ),
  hint(
    "any",
    [
      "cannot",
      "can't",
      "could not",
      "couldn't",
      "unable to",
      "undefined",
      "unexpected",
      "invalid",
      "denied",
      "refused",
      "unresolved",
      "missing",
      "mismatch",
      "does not",
      "doesn't",
      "not match",
      "no such",
      "not installed",
      "not exist",
      "violat",
      "conflict",
      "unknown",
      "offense",
      "incompatible",
      "expected",
      "aborting",
      "abort",
      "unauthorized",
      "forbidden",
      "not allowed",
      "no installed",
      "corrupt",
      "broken",
      "bad ",
      "undeclared",
      "illegal",
      "unhandled",
      "rejected",
      "not recognized",
      "unsupported",
      "immutable",
      "not found",
      "problem",
    ],
    /\b(?:cannot|can't|could not|couldn't|unable to|undefined|unexpected|invalid|denied|refused|unresolved|missing|mismatch(?:ed)?|does(?: not|n't)|do not match|not match|no such|not installed|not exist|violat\w+|conflicts?|unknown|offenses?|incompatible|expected|abort(?:ed|ing)?|unauthorized|forbidden|not allowed|no installed|corrupt(?:ed)?|broken|bad|undeclared|illegal|unhandled|rejected|not recognized|unsupported|immutable|not found|problems?)\b/i,
    { before: 2, after: 4 },
  ),
  // An exception class whose name contains none of the words: `ImproperlyConfigured: settings…`.
  hint("exception classes", [], /(?:^|[\s.:\\/])[A-Z]\w*[a-z][A-Z]\w*: \S/, { before: 4 }),
];

/** Tools print important text in red (SGR 31 and 91). */
export const redText = hint(
  "any",
  ["\u001b[31", "\u001b[91", ";31m", ";91m", "[31;"],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern has to match control characters
  /\u001b\[(?:\d+;)*(?:31|91)[;m]/,
  {
    before: 1,
    after: 3,
  },
);

/** Lines that report that something passed, even if they contain such words. */
export const passed =
  /^\s*(?:[✓✔√✅☑]|\[(?:\+|✓|PASS(?:ED)?|ok|OK|\s*OK\s*)\]|ok \d+|ok\s+\S+\s|PASS(?:ED)?\b|\S+ PASSED$|--- (?:PASS|SKIP):|SUCCESS\b|\[ +(?:OK|PASSED|RUN) +\](?!.*: (?:ERR|FAIL)$))|(?:\.\.\.|…|\.{3,}|:)\s*(?:ok|OK|PASS(?:ED)?|[Pp]assed|yes|no)\s*(?:\([^)]*\))?$| PASSED(?:\s*\[ *\d+%\])?$|^Test Case .* passed\b|^[\d:]+ \+\d+(?: ~\d+)?(?: -\d+)?: (?!.*\[E\]\s*$)(?!Some tests failed)/;

/** Frames of a stack. Their names say nothing about the failure. */
export const stackFrame = /^\s*(?:at |from |#\d+ |File "|\.{3} \d+ more|in [`'])/;

/** Output of many tools after each step, or at the end, if nothing failed. */
export const allIsWell =
  /\b(?:0|no|zero|without(?: any)?) (?:errors?|fail(?:ed|ures?|ing|s)?|warnings?|offenses?|problems?|exceptions?|conflicts?|mismatch(?:es)?|pending|skipped|issues?)\b|\b(?:errors?|fail(?:ed|ures?|s)?|failing|broken)\s*[:=]\s*0\b|-W(?:no-)?(?:error|\w+)\S*|\bif (?:errors?|fail)\w*|\berror(?:-|_)?(?:handl|log|report|messag)\w*/gi;

/** Words that GitHub's masking of a secret of one letter makes unreadable: `***rror`, `f***il***d`. */
export const wordsToUnmask = [
  "error",
  "errors",
  "fail",
  "failed",
  "failure",
  "failures",
  "failing",
  "exception",
  "fatal",
  "panic",
  "panicked",
  "traceback",
  "assertion",
  "expected",
  "actual",
  "received",
  "undefined",
  "cannot",
  "unable",
  "denied",
  "invalid",
  "missing",
  "aborted",
  "killed",
  "timeout",
  "exit",
  "code",
  "not found",
  "not ok",
  "completed",
  "process",
  "warning",
  "syntax",
  "group",
  "unexpected",
  "most recent call last",
];
