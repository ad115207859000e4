import { cause, type ErrorPattern } from "./error-pattern.js";

/** The failure reports of interpreters, linters and package managers: scripting languages. */
export const scriptToolPatterns: readonly ErrorPattern[] = [
  // JavaScript and TypeScript
  cause("tsc", ["error ts"], /\berror TS\d+:/, { before: 1 }),
  cause("ts-node", [".ts (", ".tsx ("], /^\S+\.tsx? \(\d+,\d+\): /, { before: 2, after: 3 }),
  cause("ts-node", ["unable to compile typescript"], /\bUnable to compile TypeScript\b/, {
    before: 1,
    after: 40,
  }),
  cause("ESLint, stylelint, standard", ["error", "✖"], /^\s+\d+:\d+\s+(?:error|✖)\s/, {
    before: 6,
    after: 4,
  }),
  cause("ESLint", ["problem"], /^\s*✖ \d+ problems?/, { before: 20, after: 3 }),
  cause("ESLint, JSHint, TSLint", ["error", "col "], /: line \d+, col \d+, |^ERROR: \S+[:[]\d+/, {
    before: 2,
    after: 3,
  }),
  cause(
    "Prettier",
    ["code style issues", "[warn]"],
    /\bCode style issues (?:found|in)\b|^\[warn\] \S+\.\w+$/,
    { before: 8, after: 2 },
  ),
  cause("Biome", ["━━━"], /\b(?:lint|format|parse|assist|check)(?:\/\S+)? .*━{3}/, { before: 0, after: 12 }),
  cause("npm", ["npm err"], /\bnpm (?:ERR!|error)(?:\s|$)/, { before: 4, after: 4 }),
  cause(
    "pnpm, Yarn, Lerna",
    ["err_pnpm", "elifecycle", "error ", "yn0", "lerna err"],
    /\bERR_PNPM_|\bELIFECYCLE\b|^error (?!TS)\S|^➤ YN\d+: .*\b(?:[Ee]rror|[Ff]ailed)\b|^lerna ERR!/,
    { before: 3, after: 6 },
  ),
  cause("esbuild", ["[error]"], /[✘X] \[ERROR\] /, { before: 0, after: 8 }),
  cause(
    "webpack, Rollup, Vite, Babel",
    [
      "error in",
      "module not found",
      "module build failed",
      "failed to compile",
      "could not resolve",
      "✖ error",
      "[!]",
    ],
    /^ERROR in |\bModule not found: |\bModule build failed\b|^Failed to compile|\bCould not resolve "|^\[!\] /,
    { before: 1, after: 12 },
  ),
  cause(
    "Node.js",
    ["fatal error", "out of memory", "unhandledpromise", "uncaught", "cannot find module"],
    /\bFATAL ERROR: |\bheap out of memory\b|\bUnhandledPromiseRejection|^(?:\[.*\] )?Uncaught |\bCannot find module '/,
    { before: 4, after: 14 },
  ),
  cause(
    "Grunt, Gulp, Bower",
    ["warning: task", "fatal error", "errored after", "enotfound", "bower e"],
    /^Warning: .* Use --force to continue|^Fatal error: |' errored after |^bower +E/,
    { before: 14, after: 6 },
  ),

  // The exceptions of Node.js, Python, Ruby, PHP, the JVM, Dart
  cause(
    "exception classes",
    ["error", "exception", "fault", "exit", "interrupt"],
    /^\s{0,8}(?:Uncaught |Caused by: |Unhandled exception: ?)?(?:[\w$]+(?:\.|::|\/|\\))*[A-Z][\w$]*(?:Error|Exception|Fault|Failure|Interrupt|SystemExit)(?: \[\w+\]| \(.*\))?(?:: |:?$)/,
    { before: 6, after: 10 },
  ),
  cause("Python", ["traceback"], /\bTraceback \(most recent call last\):/, {
    before: 2,
    after: 3,
    until: /^[^\s|+]/,
  }),
  cause("Python", [], /^(?:[a-z_]\w*\.)+[A-Z]\w+: /, { before: 6, after: 3 }),
  cause("Python", ["syntaxerror", 'file "'], /^\s*File ".+", line \d+$/, { before: 0, after: 4 }),
  cause("Ruff, Flake8, pycodestyle, Pylint", [".py:"], /^\S+\.py:\d+:\d*:? ?\[?[A-Z]+\d+/, {
    before: 1,
    after: 3,
  }),
  cause("mypy, Pyright", ["error:"], /\.pyi?:\d+(?::\d+)?(?: -|:) error: /, { before: 1, after: 3 }),
  cause(
    "Black, isort",
    ["would reformat", "incorrectly sorted"],
    /^would reformat |\bImports are incorrectly sorted\b/,
    { before: 1, after: 2 },
  ),
  cause(
    "pip, Poetry, conda",
    ["error:", "no matching distribution", "solving failed"],
    /^\s*(?:ERROR|error): |\bNo matching distribution found\b|\bversion solving failed\b|^(?:Conda\w+|PackagesNotFound)Error/,
    { before: 5, after: 10 },
  ),
  cause(
    "tox, nox",
    ["invocationerror", "failed", "error:"],
    /\bInvocationError\b|^\s*\S+: (?:commands failed|FAIL \w)|^ERROR: +\S+: /,
    { before: 6, after: 3 },
  ),
  cause(
    "Sphinx",
    ["warning:", "error:", "treated as errors"],
    /\.(?:rst|md|py):\d*:? (?:WARNING|ERROR|CRITICAL): |\bWarning, treated as error\b/,
    { before: 2, after: 3 },
  ),

  // Ruby, PHP, Perl, Lua
  cause(
    "rake, Bundler",
    ["rake aborted", "could not find", "bundler", "gem native", "command failed"],
    /^rake aborted!|^Could not find .* in|^Bundler(?:::\w+)? |^Command failed with status|^An error occurred while installing|\bFailed to build gem native extension\b/,
    { before: 8, after: 12 },
  ),
  cause("Ruby", [".rb:"], /^\S+\.rb:\d+:in [`'].*: .+\(\S+\)$|^\S+\.rb:\d+: syntax error/, {
    before: 2,
    after: 14,
  }),
  cause("RuboCop", [".rb:"], /^\S+\.(?:rb|rake|gemspec):\d+:\d+: [CWEF]: /, { before: 1, after: 3 }),
  cause(
    "PHP",
    ["fatal error", "parse error", "uncaught"],
    /\b(?:PHP )?(?:Fatal|Parse|Catchable fatal) error: /,
    { before: 3, after: 12 },
  ),
  cause(
    "Composer",
    ["your requirements", "problem 1", "[runtimeexception]", "exception]"],
    /\bYour requirements could not be resolved\b|^\s+Problem \d+$|^\s+\[[\w\\]+Exception\]/,
    { before: 1, after: 12 },
  ),
  cause(
    "PHP_CodeSniffer, PHP CS Fixer, PHPStan, Psalm",
    ["| error", "found ", "[error]", "error: ", "error  "],
    /^ *\d+ \| (?:ERROR|WARNING) +\||^FOUND \d+ ERRORS?|^\s*\[ERROR\] Found \d+ errors?|^ERROR: \w+ - /,
    { before: 6, after: 4 },
  ),
  cause("PHPStan, PHP CS Fixer", ["line  ", ") "], /^ {1,2}Line {2,}\S|^ +\d+\) \S+\.php\b/, {
    before: 1,
    after: 10,
  }),
  cause(
    "Perl",
    [".pl line", ".pm line", ".t line", "can't locate", "begin failed"],
    /\bat \S+\.(?:pl|pm|t|PL) line \d+\.?$|^Can't locate \S+ in @INC|\bBEGIN failed--compilation aborted\b/,
    { before: 3, after: 5 },
  ),
  cause("Lua, LuaJIT, luacheck", [".lua:"], /^\s{0,4}(?:\S*lua\S*: )?\S+\.lua:\d+(?::\d+(?:-\d+)?)?: /, {
    before: 6,
    after: 12,
  }),
];
