import { cause, type ErrorPattern } from "./error-pattern.js";

/** Of a numbered list: `  1) `. */
const numbered = Array.from({ length: 10 }, (_, digit) => `${digit}) `);

/** The default output of test tools for a failed test: scripting languages. */
export const scriptTestPatterns: readonly ErrorPattern[] = [
  // JavaScript and TypeScript
  cause("Jest", ["●"], /^\s*● (?!Console$)/, { before: 1, after: 25 }),
  cause("Jest, Vitest, go test", ["fail"], /^\s*FAIL(?:\s|$)/, { before: 1, after: 20 }),
  cause("Vitest, Mocha, AVA, Karma", ["×", "✕", "✗", "✘", "✖", "❯", "⨯"], /^\s*[×✕✗✘✖❯⨯] /, {
    before: 2,
    after: 6,
  }),
  cause("Mocha, Jasmine, Cypress", ["failing", "failures"], /^\s*\d+ failing\b|^Failures:? ?$/, {
    before: 1,
    after: 60,
  }),
  cause("Jasmine", ["Message:", "Stack:"], /^\s+(?:Message|Stack):$/, { before: 2, after: 6 }),
  cause("Karma", ["failed", "disconnected"], /^\S.*\(.+\).* FAILED$|\bDisconnected, because no message\b/, {
    before: 0,
    after: 12,
  }),
  cause(
    "Karma",
    ["executed"],
    /\bExecuted \d+ of \d+ .*\([1-9]\d* FAILED\)|\bExecuted \d+ of \d+ .*\bERROR\b/,
    { before: 1, after: 3 },
  ),
  cause("Playwright", [") [", " › "], /^\s*\d+\) (?:\[|.+ › )/, { before: 1, after: 25 }),
  cause(
    "TAP: node:test, prove, busted, bats, QUnit, pgTAP",
    ["not ok"],
    /^\s*not ok\b(?!.*# (?:TODO|SKIP)\b)/i,
    {
      before: 6,
      after: 15,
    },
  ),
  cause("Nightwatch, tape, QUnit", ["expected:", "actual:"], /^\s*(?:# )?(?:expected|actual): /i, {
    before: 3,
    after: 4,
  }),

  // Python
  cause("pytest", ["___"], /^_{3,} .+ _{3,}$/, {
    before: 1,
    after: 2,
    until: /^(?:_{3,} .+ _{3,}|={3,} .+ ={3,})$/,
  }),
  cause("pytest", ["e   "], /^E {2,}\S/, { before: 12, after: 4 }),
  cause(
    "pytest, nose, unittest",
    ["failed ", "error"],
    /^(?:FAILED|ERROR) \S+(?:\.py|::)|^(?:FAIL|ERROR): \S.*/,
    {
      before: 1,
      after: 4,
    },
  ),
  cause(
    "pytest",
    ["short test summary", "= failures", "= errors"],
    /^={3,} (?:FAILURES|ERRORS|short test summary info) ={3,}$/,
    { before: 0, after: 3 },
  ),
  cause("Robot Framework", ["| fail |"], /\| FAIL \|$/, { before: 2, after: 6 }),
  cause(
    "behave, Cucumber",
    ["failing scenarios", "failing steps", "assertion failed"],
    /^\s*(?:Failing scenarios|Failing steps|Failed scenarios):|^\s*Assertion Failed:/i,
    { before: 4, after: 12 },
  ),

  // Ruby, Crystal, PHP, Perl
  cause("RSpec, ExUnit, Mocha", numbered, /^\s{1,8}\d+\) \S/, { before: 0, after: 16 }),
  cause("RSpec", ["failure/error"], /\bFailure\/Error:/, { before: 4, after: 14 }),
  cause("RSpec, Cucumber", ["rspec ", "cucumber "], /^(?:rspec|cucumber) \S+:\d+|^rspec '/, {
    before: 1,
    after: 1,
  }),
  cause(
    "Minitest, test-unit",
    ["failure:", "error:"],
    /^\s*(?:\d+\) )?(?:Failure|Error):\s*$|^(?:Failure|Error): test_?\w*[(:]/,
    { before: 0, after: 16, until: /^\s*$/ },
  ),
  cause(
    "PHPUnit",
    ["there was", "there were"],
    /^There (?:was|were) \d+ (?:failure|error|risky test|warning)s?:/,
    { before: 0, after: 30 },
  ),
  cause("PHPUnit", numbered, /^\d+\) \S+(?:::| with data )/, { before: 0, after: 12 }),
  cause("PHPUnit, Codeception", ["failures!", "errors!"], /^(?:FAILURES|ERRORS)!$/, { before: 2, after: 3 }),
  cause("Pest, Laravel", ["failed", "⨯"], /^\s+(?:FAILED|FAIL) {1,2}\S/, { before: 1, after: 15 }),
  cause(
    "phpspec, Behat",
    ["✘", "--- failed", "failed scenarios"],
    /^--- (?:Failed|Skipped) (?:scenarios|steps|hooks):/,
    { before: 0, after: 14 },
  ),
  cause(
    "Test::More, prove",
    ["failed test", "looks like you", "failed tests:", "dubious", "wstat"],
    /^#\s+Failed (?:\(TODO\) )?test|^# Looks like you (?:failed|planned)|\bFailed tests?:?\s+\d|\bWstat: [1-9]|^Dubious, test returned|\bDubious, test returned\b|^Result: FAIL/,
    {
      before: 4,
      after: 8,
    },
  ),

  // Lua, R, Julia, shells, Lisp and Vim
  cause("busted", ["failure →", "error →", "failure ->", "error ->"], /^(?:Failure|Error) (?:→|->) /, {
    before: 0,
    after: 12,
  }),
  cause("LuaUnit", numbered, /^\d+\) \S+\.\S+$/, { before: 0, after: 8 }),
  cause(
    "testthat",
    ["── ", "-- ", ". failure", ". error"],
    /^(?:──|--) (?:\d+\. )?(?:Failure|Error)\b|^\d+\. (?:Failure|Error): /,
    { before: 1, after: 14 },
  ),
  cause(
    "R CMD check",
    ["... error", "... failed", " error", "running the tests", "last 13 lines"],
    /^\*.*\.\.\. (?:ERROR|FAILED)$|^\s*ERROR$|^Running the tests in .* failed|^Last \d+ lines of output:/,
    { before: 4, after: 20 },
  ),
  cause(
    "Julia Test",
    ["test failed at", "error during test", "error in testset", "some tests did not pass"],
    /\bTest Failed(?: at|$)|\bError During Test\b|^Error in testset\b|\bSome tests did not pass\b/,
    { before: 1, after: 14 },
  ),
  cause("bats", ["✗"], /^ ✗ /, { before: 0, after: 8 }),
  cause("ShellSpec, shUnit2", ["assert:", "failed (failures"], /^ASSERT:|^FAILED \(failures=/, {
    before: 1,
    after: 4,
  }),
  cause(
    "ERT",
    [" condition:", " backtrace:", "   failed"],
    /^Test \S+ (?:condition|backtrace):|^\s+FAILED +\d+\/\d+/,
    { before: 0, after: 20 },
  ),
  cause("Buttercup", ["failed"], /^FAILED: /, { before: 0, after: 8 }),
  // `:help assert-return`: the location of a failed assertion, and its message.
  cause("Vim", ["function ", "script "], /^\s*(?:function|script) \S+ line \d+: /, { before: 0, after: 1 }),
  cause(
    "Vader, Vim",
    ["(x)", "found errors in", "caught exception in", "from test_", "executing test_"],
    /^\s*\(\d+\/\d+\) \[.*\] \(X\)|^\s*Found errors in |\bCaught exception in Test|^(?:From|Executing) test_\S+:?$/,
    { before: 1, after: 5 },
  ),
  cause(
    "unittest in D, Nim, Crystal",
    ["[failed]", "unittest", "unittest.d"],
    /^\s*\[FAILED\] |\bunittest failure\b|\bmodules? FAILED unittests\b/,
    { before: 4, after: 4 },
  ),
];
