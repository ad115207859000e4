import { cause, type ErrorPattern } from "./error-pattern.js";

/** The default output of test tools for a failed test: compiled languages. */
export const compiledTestPatterns: readonly ErrorPattern[] = [
  // Go, Rust, Zig
  cause("go test", ["--- fail"], /^\s*--- FAIL: /, { before: 10, after: 20 }),
  cause("gocheck, testify", ["fail: ", "error trace:"], /^FAIL: \S+\.go:\d+|^\s+Error Trace:/, {
    before: 2,
    after: 14,
  }),
  cause(
    "Ginkgo",
    ["[fail]", "[panicked]", "• failure", "[it]"],
    /\[(?:FAIL|FAILED|PANICKED!?|TIMEDOUT)\]|^• (?:Failure|\[FAILED\])/,
    { before: 2, after: 14 },
  ),
  cause("cargo test", [" ----"], /^---- .+ ----$/, {
    before: 0,
    after: 3,
    until: /^(?:---- .+ ----|failures:)$/,
  }),
  cause("cargo test", ["failed"], /^test .+ \.\.\. FAILED$|^test result: FAILED/, { before: 1, after: 2 }),
  cause(
    "cargo-nextest",
    ["fail", "sigabrt", "sigsegv"],
    /^\s+(?:FAIL|SIGABRT|SIGSEGV|TIMEOUT) \[ *[\d.]+s\] /,
    { before: 0, after: 8 },
  ),

  // C and C++
  cause(
    "GoogleTest, busted",
    ["failed  ", "  error", ": err", ": fail"],
    /\[ {2}(?:FAILED {2}|ERROR {3})\]|^\[ RUN +\] .*: (?:ERR|FAIL)$/,
    {
      before: 8,
      after: 8,
    },
  ),
  cause("GoogleTest", ["failure"], /^\S+(?::\d+|\(\d+\)): (?:Failure|error)$/, { before: 2, after: 10 }),
  cause(
    "CTest",
    ["***failed", "***timeout", "***exception", "***not run", "tests failed out"],
    /\*{3}(?:Failed|Timeout|Exception|Not Run)|% tests passed, [1-9]\d* tests? failed out of/,
    { before: 1, after: 8 },
  ),
  cause(
    "Catch2, doctest",
    ["failed:", "error:", "test case:"],
    /^\S+[:(]\d+\)?: (?:FAILED|ERROR|FATAL ERROR)\b|^TEST CASE: /,
    { before: 8, after: 12 },
  ),
  cause("Boost.Test", ["error: in", "fatal error"], /: (?:fatal )?error: in "|: error in "/, {
    before: 1,
    after: 5,
  }),
  cause(
    "Automake, DejaGnu, LLVM lit",
    ["fail", "xpass", "unresolved"],
    /^(?:FAIL|XPASS|ERROR|UNRESOLVED|TIMEOUT): \S/,
    { before: 1, after: 6 },
  ),

  // Java, Kotlin, Scala, Groovy, Clojure
  cause("Maven Surefire", ["<<< "], /<<< (?:FAILURE|ERROR)!/, { before: 1, after: 15 }),
  cause(
    "Maven Surefire",
    ["failed tests", "tests in error"],
    /^(?:\[ERROR\] )?(?:Failed tests|Tests in error|Failures|Errors): /,
    { before: 0, after: 20 },
  ),
  cause("Gradle", [" failed"], /^\S.* > .+ FAILED$/, { before: 0, after: 14 }),
  cause("TestNG", ["failed: "], /^FAILED: \S+/, { before: 0, after: 12 }),
  cause(
    "JUnit",
    ["failure", "junit.", "assertionfailed"],
    /^There (?:was|were) \d+ (?:failure|error)s?:|\bAssertionFailedError\b|\bjunit\.framework\.|\bComparisonFailure\b/,
    { before: 2, after: 20 },
  ),
  cause(
    "ScalaTest",
    ["*** failed", "*** aborted", "tests failed ***"],
    /\*\*\* (?:FAILED|ABORTED) \*\*\*|\*\*\* \d+ (?:TESTS?|SUITES?) (?:FAILED|ABORTED) \*\*\*/,
    { before: 3, after: 8 },
  ),
  cause(
    "specs2, MUnit, ScalaCheck, utest",
    [" x ", "==> x", "==> ✗", "falsified after", "! "],
    /^(?:\[(?:info|error)\] )? *(?:x|!) \S.*|==> X |^! .*: (?:Falsified|Exception)/,
    { before: 2, after: 8 },
  ),
  cause("partest", ["!! "], /^!! +\d+ - /, { before: 1, after: 8 }),
  cause("clojure.test", ["fail in (", "error in ("], /^(?:FAIL|ERROR) in \(/, { before: 1, after: 12 }),
  cause("Midje, Speclj", ["fail at", 'fail "'], /^FAIL (?:at |".*" at )/, { before: 0, after: 10 }),

  // .NET and PowerShell
  cause(
    "VSTest, NUnit, MSTest",
    ["failed "],
    /^\s*(?:X |Failed )\S.* \[?[<\d].*\]?$|^\d+\) (?:Failed|Error|Invalid) : /,
    { before: 0, after: 15 },
  ),
  cause("xUnit.net", ["[fail]"], /\[FAIL\]\s*$/, { before: 0, after: 15 }),
  cause("Pester", ["[-] "], /^\s*\[-\] /, { before: 2, after: 10 }),

  // Swift and Objective-C
  cause("XCTest", ["failed", "error:"], /^Test (?:Case|Suite) '.+' failed\b|: error: -\[|^\s*✗ .+/, {
    before: 2,
    after: 3,
  }),
  cause("xcpretty, xcbeautify", ["❌", "✖", "✗", "[x]"], /^\s*(?:❌|✖|\[x\]|✗) ?\s*\S/, {
    before: 1,
    after: 6,
  }),
  cause("xcodebuild", ["failed **"], /^\*\* .*FAILED \*\*/, { before: 8, after: 12 }),
  cause(
    "xcodebuild",
    ["failing tests", "following build commands failed"],
    /^Failing tests:|^The following build commands failed:/,
    { before: 1, after: 15 },
  ),
  cause("Quick, Swift Testing", ["✘"], /^✘ /, { before: 0, after: 5 }),

  // Dart and Flutter
  cause("Dart test, Flutter", ["[e]"], /\[E\]\s*$/, { before: 2, after: 16 }),
  cause("Dart test, Flutter: GitHub reporter", ["❌"], /❌ .*\(failed\)/, { before: 0, after: 20 }),
  cause("Flutter", ["exception caught by", "══╡"], /══╡ EXCEPTION CAUGHT BY/, {
    before: 0,
    after: 25,
    until: /^═{20,}$/,
  }),

  // Elixir, Erlang, Haskell, OCaml, Elm
  cause("ExUnit", [") test ", ") property"], /^\s+\d+\) (?:test|property|doctest) /, {
    before: 0,
    after: 18,
  }),
  cause(
    "Common Test",
    ["failed on line", "failed, reason", "%%% ", "auto_skipped", "test case failed"],
    /^%%% .*==> .*FAILED|^- - - |\bfailed on line \d+|\bFAILED (?:case|\d+ )|^Testing .*: \*{3} FAILED|\*FAILED\*|\bFailed \d+ tests?\b/,
    {
      before: 2,
      after: 14,
    },
  ),
  cause("EUnit", ["*failed*", "failed: "], /\*failed\*|^\s*Failed: [1-9]\d*\./, { before: 2, after: 16 }),
  cause(
    "PropEr, QuickCheck",
    ["failed!", "falsif", "*** failed"],
    /\*\*\* Failed!|^Failed! |\bFalsifiable\b|\bFalsified\b/i,
    { before: 2, after: 12 },
  ),
  cause("Hspec", ["failures:", "randomized with seed", "✘"], /^Failures:|^Randomized with seed/, {
    before: 0,
    after: 40,
  }),
  cause(
    "Tasty, HUnit",
    [": fail", "fail (", "### failure", "### error"],
    /: +FAIL(?: \([\d.]+s\))?$|^### (?:Failure|Error) in: /,
    { before: 1, after: 12 },
  ),
  cause(
    "Alcotest, OUnit, dune",
    ["[fail]", "error: ", "failure: "],
    /\[FAIL\]|^(?:Error|Failure): \S+:\d+|^File ".+", lines? \d+/,
    { before: 1, after: 12 },
  ),
  cause("elm-test", ["✗", "test run failed"], /^✗ |^TEST RUN FAILED/, { before: 2, after: 14 }),
];
