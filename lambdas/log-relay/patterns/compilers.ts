import { cause, type ErrorPattern } from "./error-pattern.js";

/** The failure reports of compilers, linters and build tools: compiled languages. */
export const compilerPatterns: readonly ErrorPattern[] = [
  // Rust, Go, C, C++, Fortran, D, Zig, Nim
  cause("rustc, Cargo, Swift, Zig", ["error"], /^error(?:\[E\d+\])?: /, { before: 2, after: 14 }),
  cause("Rust", ["panicked at"], /\bpanicked at\b/, { before: 2, after: 12 }),
  cause("rustfmt, gofmt, diff", ["diff in", "diff -", "diff "], /^Diff in \S+|^diff (?:-u |--git |\S+\.go)/, {
    before: 1,
    after: 12,
  }),
  cause("Go", ["panic:", "fatal error:", "data race"], /^panic: |^fatal error: |^WARNING: DATA RACE/, {
    after: 25,
  }),
  cause("Go, golangci-lint, go vet", [".go:"], /^\s*\S+\.go:\d+(?::\d+)?: /, { before: 3, after: 3 }),
  cause(
    "go",
    [" go: ", "cannot find package", "build failed", "setup failed"],
    /^go: .*(?:error|invalid|unknown|missing|cannot|no )|\bcannot find package\b|\[(?:build|setup) failed\]/,
    { before: 4, after: 4 },
  ),
  cause("GCC, Clang, Swift, javac, GHC, OCaml, Vala", ["error"], /:\d+(?:[:.-]\d+)*: (?:fatal )?error\b/, {
    before: 4,
    after: 8,
  }),
  cause(
    "GHC before 9.4",
    ["error:", "error: ["],
    /^\S+\.l?hs:\d+:\d+(?:-\d+)?: (?:error|warning.*-Werror)|\[-W\S*-?Werror\S*\]|^<no location info>: error/,
    { before: 2, after: 14 },
  ),
  cause("MSVC, .NET, F#", ["error "], /(?:^|: |\s)(?:fatal )?error [A-Z]{1,8}\d{3,}\s?:/, {
    before: 1,
    after: 2,
  }),
  cause("gfortran, flang", ["error:"], /^(?:Fatal )?Error: /, { before: 6, after: 6 }),
  cause("GCC, Clang under -Werror", ["werror"], /\[-Werror\b|\bwarnings being treated as errors\b/, {
    before: 3,
    after: 5,
  }),
  cause(
    "linkers",
    [
      "undefined reference",
      "undefined symbol",
      "collect2",
      "ld:",
      "ld.",
      "unresolved external",
      "linker command failed",
      "multiple definition",
      "duplicate symbol",
    ],
    /\b[Uu]ndefined (?:reference to|symbols?)\b|\bcollect2: error\b|\bld(?:\.lld|\.gold)?: (?:error|symbol|library|framework|cannot)|\bunresolved external\b|\blinker command failed\b|\bmultiple definition of\b|\bduplicate symbol/,
    { before: 4, after: 6 },
  ),
  cause(
    "make, ninja",
    ["*** ", "failed: ", "stopped"],
    /^(?:\S*\/)?(?:g|mingw32-)?make(?:\[\d+\])?: \*\*\* |^FAILED: |^ninja: (?:error|build stopped)/,
    { before: 14, after: 8 },
  ),
  cause(
    "make, BSD make",
    ["no rule to make", "error code", "error "],
    /\bNo rule to make target\b|^\*\*\* (?:Error code|\[)|^Stop\.$/,
    { before: 10, after: 2 },
  ),
  cause(
    "CMake, Meson, Autoconf",
    ["cmake error", "configure: error", "meson.build", "error:"],
    /^CMake Error\b|\bconfigure: error: |^\S*meson\.build:\d+:\d+: ERROR|^-- Configuring incomplete/,
    { before: 4, after: 12 },
  ),
  cause(
    "sanitizers, Valgrind",
    ["sanitizer", "runtime error:", "== invalid", "== process terminating", "definitely lost", "valgrind"],
    /\bERROR: \w+Sanitizer\b|\bSUMMARY: \w+Sanitizer\b|\bWARNING: \w+Sanitizer\b|: runtime error: |^==\d+== (?:Invalid (?:read|write|free)|Process terminating|Conditional jump|Use of uninit)|\bdefinitely lost: [1-9]/,
    { before: 3, after: 12, until: /\bSUMMARY: \w+Sanitizer\b|^==\d+== ERROR SUMMARY:|^\S*$/ },
  ),
  cause(
    "Cppcheck, clang-tidy, clang-format",
    ["(error)", "error:", "-wclang-format"],
    /\]: \((?:error|warning|style)\) |\[-Wclang-format-violations\]/,
    { before: 1, after: 4 },
  ),

  // Java, Kotlin, Scala, Groovy, Clojure, Android
  cause("Maven", ["[error]"], /^\[ERROR\] /, { before: 3, after: 8 }),
  cause("Maven", ["build failure"], /^\[INFO\] BUILD FAILURE/, { before: 3, after: 2 }),
  cause(
    "Gradle",
    ["failure: build", "* what went wrong", "build failed"],
    /^FAILURE: Build (?:failed|completed)|^\* What went wrong:|^BUILD FAILED\b/,
    { before: 4, after: 12 },
  ),
  cause("Gradle", [" failed"], /^> Task \S+ FAILED$|^:\S+ FAILED$/, { before: 4, after: 12 }),
  cause(
    "Ant",
    ["build failed", "[javac]", "[junit]"],
    /^BUILD FAILED|^\s*\[javac\] .*error|^\s*\[junit\] .*FAILED/,
    { before: 6, after: 10 },
  ),
  cause(
    "Checkstyle, PMD, SpotBugs, ktlint, detekt",
    ["[error]", "[ant:", ".kt:", ".java:"],
    /^\[ant:\w+\] \[ERROR\]|^\[ERROR\] \S+\.(?:java|kt):\d+/,
    { before: 2, after: 4 },
  ),
  cause("Java", ["exception in thread", "caused by:"], /\bException in thread |^\s*Caused by: /, {
    before: 2,
    after: 12,
  }),
  cause("Kotlin", [" e: "], /^e: /, { before: 1, after: 2 }),
  cause("sbt, Mill, scalac", ["[error]", "[e]"], /^\[error\]|^\[E\d*\] /, { before: 3, after: 4 }),
  cause(
    "Leiningen, Clojure",
    ["syntax error", "compiling:(", "could not find artifact", "subprocess failed"],
    /^Syntax error (?:compiling|reading|macroexpanding)|\bcompiling:\(|\bCould not find artifact\b|\bSubprocess failed\b/,
    { before: 2, after: 10 },
  ),

  // .NET, PowerShell
  cause(".NET", ["unhandled exception", "build failed"], /\bUnhandled [Ee]xception\b|^Build FAILED\.?$/, {
    before: 2,
    after: 15,
  }),
  cause(
    "PowerShell",
    ["categoryinfo", "fullyqualifiederror", "at line:", "exception calling", "parsererror", "line |"],
    /^\s*\+ (?:CategoryInfo|FullyQualifiedErrorId)\b|^At .+:\d+ char:\d+|^\s*Line \|$|^ParserError:|^Exception calling /,
    { before: 6, after: 6 },
  ),

  // Swift, Objective-C, Dart
  cause(
    "CocoaPods, Carthage, fastlane",
    ["[!]", "a shell task", "exit status", "fastlane finished with errors"],
    /^\s*\[!\] |\bA shell task \(.*failed\b|\bExit status: [1-9]|\bfastlane finished with errors\b/,
    { before: 6, after: 10 },
  ),
  cause("SwiftLint", ["error:"], /\.swift:\d+:\d*:? error: /, { before: 1, after: 2 }),
  cause(
    "Dart analyzer",
    ["error •", "error -", "info •", "warning •", "issues found", "issue found"],
    /^\s*(?:error|warning|info) [•-] .+ [•-] |^\d+ issues? found\./,
    { before: 2, after: 3 },
  ),
  cause(
    "Dart pub",
    ["version solving failed", "because "],
    /^Because .+ (?:depends|requires|is forbidden|version solving)/,
    { before: 0, after: 8 },
  ),

  // Elixir, Erlang, Haskell, OCaml, Elm, PureScript, R, Julia, Lisp, TeX
  cause("Elixir", ["** ("], /^\s*\*\* \(\w+/, { before: 4, after: 12 }),
  cause(
    "Mix, Credo, Dialyzer",
    ["compilation error", ".ex:", ".exs:", "mix format failed", "done in"],
    /^== Compilation error|^\S+\.exs?:\d+(?::\w+)?|\bmix format failed\b|^\*\* \(Mix\)/,
    { before: 2, after: 8 },
  ),
  cause(
    "erlc, rebar3, Dialyzer",
    [".erl:", "===> ", "error: "],
    /^\S*\.[ehyx]rl:\d+:|^===> .*(?:failed|error|unable)|^ERROR: (?!\S+:)/i,
    { before: 4, after: 8 },
  ),
  cause(
    "Erlang",
    ["crash dump", "init terminating", "error in process", "error_logger", "** reason"],
    /\b[Cc]rash dump\b|\binit terminating\b|^=ERROR REPORT|^\*\* Reason |\bError in process\b/,
    { before: 3, after: 16 },
  ),
  cause("GHC", [".hs:"], /^\S+\.l?hs:\d+:\d+(?:-\d+)?:(?: error.*)?$/, { before: 2, after: 14 }),
  cause("GHC before 9.4", ["-werror"], /^\s*Failing due to -Werror/, { before: 10, after: 2 }),
  cause(
    "Cabal, Stack",
    [
      "cabal:",
      "setup:",
      "while building package",
      "process exited with",
      "stack: ",
      "stack-",
      "test suite failure",
    ],
    /^(?:cabal|Setup|setup|stack)(?:-\S+)?: |^Error: cabal|\bWhile building package\b|^-- {2}While building|^Process exited with code: ExitFailure|^Test suite failure for package/,
    { before: 14, after: 14 },
  ),
  cause("Cabal", ["test suite", "fail"], /^Test suite \S+: FAIL/, { before: 8, after: 5 }),
  cause("PureScript", [" - "], /^at \S+:\d+:\d+ - \d+:\d+ \(line /, { before: 3, after: 22 }),
  cause(
    "PureScript, Elm, Spago",
    ["error found", "errors found", "error ", "-- "],
    /^Error found:|^Error \d+ of \d+:|^-- [A-Z][A-Z ]+ -{3,}/,
    { before: 1, after: 25 },
  ),
  cause(
    "R",
    ["error in", "error:", "execution halted", "installation of package", "error : "],
    /^Error(?: in .*)? ?: ?|^Error in |^Execution halted|^ERROR: (?:dependenc|compilation|lazy|configuration)|\binstallation of package .* had non-zero exit/,
    { before: 6, after: 8 },
  ),
  cause("Julia", ["error: "], /^ERROR: (?:LoadError|InitError|\w+Error|Package)/, { before: 2, after: 15 }),
  cause(
    "Emacs Lisp, SBCL, Guile, Racket",
    [
      "error: ",
      "debugger entered",
      "unhandled ",
      "symbol's",
      "symbol’s",
      "cannot open",
      "cannot load",
      "cannot find",
    ],
    /^Debugger entered|^(?:;|debugger).*caught .*ERROR|^Unhandled [A-Z:-]+|^Symbol.s (?:value|function)|\.el:\d*:?(?:\d+:)? ?Error: |^Cannot (?:open load|find) file/i,
    { before: 4, after: 12 },
  ),
  cause(
    "TeX",
    [" ! ", " l.", "emergency stop", "fatal error"],
    /^! (?!=)\S|^l\.\d+ |\bEmergency stop\b|\bFatal error occurred, no output/,
    { before: 4, after: 10 },
  ),
  cause(
    "Vim",
    ["error detected while", "vim(", "vim:", " e1", " e2", " e3", " e4", " e5", " e6", " e7", " e8", " e9"],
    /^Error detected while processing|\bVim(?:\(\w+\))?:E\d+:|^E\d{1,4}: /,
    { before: 3, after: 6 },
  ),
];
