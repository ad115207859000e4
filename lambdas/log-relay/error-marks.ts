/**
 * How tools say that something went wrong. A `cause` is a tool's own way to report a failure; a `hint` is a
 * word that failures are often told with, and passing tests too.
 */
export interface ErrorMark {
  tool: string;
  pattern: RegExp;
  grade: "cause" | "hint";
  /** Lines of context that say where it happened. Default: 3. */
  before?: number;
  /** Lines of context that say what happened. Default: 6. */
  after?: number;
}

export const contextBefore = 3;
export const contextAfter = 6;

const cause = (
  tool: string,
  pattern: RegExp,
  context: { before?: number; after?: number } = {},
): ErrorMark => ({
  tool,
  pattern,
  grade: "cause",
  ...context,
});

const hint = (
  tool: string,
  pattern: RegExp,
  context: { before?: number; after?: number } = {},
): ErrorMark => ({
  tool,
  pattern,
  grade: "hint",
  ...context,
});

/** The first that fits a line counts, so the ones with more context come first. */
export const errorMarks: readonly ErrorMark[] = [
  // Whatever the tool, its last words stand right before the runner's.
  cause("GitHub Actions", /^##\[error\]/, { before: 20 }),

  cause("Jest", /^\s*● (?!Console$)/, { before: 1, after: 25 }),
  cause("Jest, Vitest, go test", /^\s*FAIL(?:\s|$)/, { before: 1, after: 20 }),
  cause("Vitest, Mocha", /^\s*[×✕✗✘✖❯] /, { before: 1, after: 4 }),
  cause("Mocha", /^\s*\d+ failing$/, { after: 20 }),
  cause("Playwright", /^\s*\d+\) (?:\[|.+ › )/, { before: 1, after: 25 }),
  cause("TAP, node:test", /^\s*not ok \d+/, { after: 15 }),
  cause("tsc", /\berror TS\d+:/, { before: 1 }),
  cause("ESLint", /^\s+\d+:\d+\s+error\s/, { before: 5, after: 2 }),
  cause("Biome", /\b(?:lint|format|parse|assist|check)(?:\/\S+)? .*━{3}/, { before: 0, after: 12 }),
  cause("npm", /^npm (?:ERR!|error)(?:\s|$)/),
  cause("pnpm, Yarn", /\bERR_PNPM_|\bELIFECYCLE\b|^error Command failed|^➤ YN\d+: .*\b(?:Error|failed)\b/i),
  cause("esbuild", /\[ERROR\] /, { before: 0, after: 8 }),
  cause("Node.js", /\bFATAL ERROR: |\bheap out of memory\b|\bUnhandledPromiseRejection\b/, { after: 12 }),
  cause("Node.js, Python", /^(?:Uncaught )?(?:\w+\.)*\w*(?:Error|Exception)(?: \[\w+\])?(?::|$)/, {
    after: 10,
  }),

  cause("Rust", /^error(?:\[E\d+\])?: /, { before: 1, after: 14 }),
  cause("Rust", /\bpanicked at\b/, { before: 2, after: 12 }),
  cause("cargo test", /^---- .+ ----$/, { before: 0, after: 15 }),
  cause("cargo test", /^test .+ \.\.\. FAILED$|^test result: FAILED/, { before: 1, after: 2 }),

  cause("go test", /^\s*--- FAIL: /, { before: 10, after: 12 }),
  cause("Go", /^panic: |^fatal error: |^WARNING: DATA RACE/, { after: 25 }),
  cause("Go, golangci-lint", /^\S+\.go:\d+:\d+: /, { before: 2, after: 3 }),

  cause("Python", /\bTraceback \(most recent call last\):/, { after: 30 }),
  cause("pytest", /^_{3,} .+ _{3,}$/, { before: 0, after: 30 }),
  cause("pytest", /^E {2,}\S/, { before: 10, after: 4 }),
  cause("pytest, unittest", /^(?:FAILED|ERROR) \S+\.py\b|^(?:FAIL|ERROR): \w+ \(/, { before: 1 }),
  cause("Ruff, Flake8", /^\S+\.py:\d+:\d+: [A-Z]+\d+ /, { before: 1, after: 3 }),
  cause("mypy, Pyright", /\.pyi?:\d+(?::\d+)?(?: -|:) error: /, { before: 1, after: 3 }),

  cause("GCC, Clang, Swift, javac, Go", /:\d+(?::\d+)?: (?:fatal )?error: /, { before: 2, after: 6 }),
  cause("linker", /\bundefined (?:reference to|symbol)\b|\bcollect2: error\b|\bld(?:\.lld|\.gold)?: error\b/),
  cause("make", /^(?:\S*\/)?g?make(?:\[\d+\])?: \*\*\* /, { before: 12, after: 2 }),
  cause("CMake", /^CMake Error\b/, { after: 10 }),
  cause("Ninja", /^FAILED: /, { before: 1, after: 12 }),
  cause("sanitizers", /\bERROR: \w+Sanitizer\b/, { after: 25 }),
  cause("Xcode", /^\*\* \w+ FAILED \*\*/, { before: 8 }),

  cause("Maven", /<<< (?:FAILURE|ERROR)!/, { before: 1, after: 15 }),
  cause("Maven", /^\[ERROR\] /, { before: 1, after: 4 }),
  cause("Gradle", /^FAILURE: Build failed|^\* What went wrong:/, { before: 2, after: 10 }),
  cause("Gradle", /^> Task \S+ FAILED$/, { before: 2, after: 12 }),
  cause("Gradle", /^\S.* > .+ FAILED$/, { before: 0, after: 12 }),
  cause("Java", /^(?:Exception in thread |Caused by: )/, { after: 10 }),
  cause("Kotlin", /^e: /, { before: 1, after: 2 }),
  cause("sbt", /^\[error\] /, { before: 2, after: 4 }),

  cause(".NET", /: error [A-Z]{2,}\d+:/, { before: 1, after: 2 }),
  cause(".NET", /^\s*Failed .+ \[[<\d].*\]$|\[FAIL\]$/, { before: 0, after: 15 }),
  cause(".NET", /\bUnhandled exception\b/i, { after: 15 }),

  cause("RSpec", /^Failures:$/, { before: 0, after: 25 }),
  cause("RSpec", /\bFailure\/Error:/, { before: 3, after: 12 }),
  cause("RSpec", /^rspec \.\//, { before: 1, after: 1 }),
  cause("Minitest", /^\s*(?:\d+\) )?(?:Failure|Error):$/, { before: 0, after: 12 }),
  cause("RuboCop", /^\S+\.rb:\d+:\d+: [EF]: /, { before: 1, after: 3 }),
  cause("PHP", /\bPHP (?:Fatal|Parse) error: /, { after: 10 }),
  cause("PHPUnit", /^There (?:was|were) \d+ (?:failure|error)s?:/, { before: 0, after: 25 }),
  cause("Elixir", /^\*\* \(\w+/, { after: 10 }),
  cause("Elixir", /^\s+\d+\) test /, { before: 0, after: 15 }),

  cause("Docker", /^ERROR: failed to (?:build|solve)|\bexecutor failed running\b/, { before: 10 }),
  cause("Terraform", /^[│╷\s]*Error: /, { before: 1, after: 12 }),
  cause("Bazel", /^ERROR: /, { before: 1, after: 10 }),
  cause("git", /^fatal: /, { after: 3 }),
  cause("kernel", /\bSegmentation fault\b|\bcore dumped\b|\bOOMKilled\b|\bNo space left on device\b/, {
    before: 8,
  }),

  hint("Mocha", /^\s+\d+\) \S/, { after: 8 }),
  hint("shells", /: (?:command not found|not found|No such file or directory|Permission denied)$/),
  hint("exit codes", /\bexit(?:ed)?(?: with)?(?: code| status| value)?:? [1-9]\d*\b|\bnon-zero exit\b/i, {
    before: 8,
  }),
  hint("signals", /\b(?:SIGKILL|SIGSEGV|SIGABRT|SIGTERM)\b|^Killed$|^Aborted\b/),
  hint("any", /(?<![-./@])\berrors?\b(?![-./])/i),
  hint("any", /(?<![-./@])\bfail(?:ed|s|ure|ures)?\b(?![-./])/i),
  hint("any", /(?<![-./@])\b(?:exception|fatal|panic|timed out|timeout exceeded|assertion)\b(?![-./])/i),
];

/** What many tools say, of each step or at their end, when all is well. */
const allIsWell = /\b(?:0|no) (?:errors?|fail(?:ed|ures?|ing))\b|\b(?:errors?|fail(?:ed|ures?)): 0\b/gi;

/** Before a line, what runners of several tools put there: `#12 3.456 `, `web:test: `, `api-1  | `. */
const prefix = /^(?:#\d+ \d+\.\d+ |[\w@/.-]+(?::[\w@/.:-]+: | test: | +\| ))/;

/** The mark in a line, if there is one. */
export function errorMarkOf(line: string): ErrorMark | undefined {
  if (line === "") return undefined;
  const found = firstMark(line);
  if (found?.grade === "cause") return found;
  const bare = line.replace(prefix, "");
  const mark = bare === line ? found : (firstMark(bare) ?? found);
  return mark?.grade === "hint" ? firstMark(bare.replace(allIsWell, "")) : mark;
}

const firstMark = (line: string): ErrorMark | undefined =>
  errorMarks.find(({ pattern }) => pattern.test(line));
