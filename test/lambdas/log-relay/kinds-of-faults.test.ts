import { describe, expect, test } from "@jest/globals";
import { excerpt, quiet, stamped } from "./logs.js";

/** The bytes of an excerpt. The logs have at least 64 KB, too many to be shown whole. */
const budget = 8192;
const noise = (count: number, ...lines: string[]): string[] =>
  Array.from({ length: count }, (_, i) => lines.map((line) => line.replaceAll("#", String(i)))).flat();

describe("a test reporter's verdict and reason are shown from any position:", () => {
  test.each<[string, string[], string[], string[]]>([
    [
      "ScalaTest under sbt",
      [
        "[info] - client #: request stream fails on write",
        "WARNING: Exception propagated (label: client#).",
        "\tat com.example.Monitor#.apply(Monitor.scala:50)",
      ],
      [
        "[info] - reads and writes *** FAILED ***",
        "[info]   com.example.TimeoutException: 30.seconds",
        "[info]   at com.example.Promise.ready(Promise.scala:656)",
      ],
      ["reads and writes *** FAILED ***", "TimeoutException: 30.seconds"],
    ],
    [
      "Flutter",
      [
        "03:01 +#: test/w_test.dart: Widget# handles errors from the platform",
        "03:01 +#: test/w_test.dart: Widget# fails gracefully",
      ],
      [
        "03:09 +2100 -1: test/w_test.dart: Slider updates value [E]",
        "  Expected: <0.5>",
        "    Actual: <0.21>",
      ],
      ["Slider updates value [E]", "Actual: <0.21>"],
    ],
    [
      "Dart's GitHub reporter",
      ["✅ test/a_test.dart: throws an error when # fails"],
      ["❌ test/a_test.dart: adds (failed)", "  Expected: <3>", "    Actual: <2>"],
      ["❌ test/a_test.dart: adds (failed)", "Actual: <2>"],
    ],
    [
      "busted",
      ["[ RUN      ] file_#: reports the error", "[       OK ] file_#: reports the error (1.00 ms)"],
      ["[  ERROR   ] spec/vim_spec.lua:12: jumps", "spec/vim_spec.lua:14: attempt to index nil"],
      ["[  ERROR   ] spec/vim_spec.lua:12: jumps", "attempt to index nil"],
    ],
    [
      "GoogleTest",
      ["[ RUN      ] Errors.Fails#", "[       OK ] Errors.Fails# (0 ms)"],
      [
        "add_test.cc:7: Failure",
        "Expected equality of these values:",
        "  add(1, 1)",
        "    Which is: 3",
        "[  FAILED  ] Add.Adds (0 ms)",
      ],
      ["Which is: 3", "[  FAILED  ] Add.Adds"],
    ],
    [
      "Pester",
      ["  [+] throws an error when the file # is missing 12ms"],
      ["  [-] copies the file 40ms (38ms|2ms)", "   Expected $true, but got $false."],
      ["[-] copies the file", "but got $false"],
    ],
    [
      "xcpretty",
      ["▸ Compiling Error#.swift"],
      ["❌  App/Spec.swift:47:19: 'value' is inaccessible", "    action.value", "           ^~~~~"],
      ["Spec.swift:47:19: 'value' is inaccessible", "    action.value"],
    ],
    [
      "xcodebuild",
      ["CompileSwift normal arm64 Error#.swift"],
      ["** TEST BUILD FAILED **", "", "The following build commands failed:", "\tCompileSwift App.swift"],
      ["** TEST BUILD FAILED **", "CompileSwift App.swift"],
    ],
    [
      "Karma",
      ["Chrome 120.0.0 (Linux x86_64) LOG: 'error #'"],
      ["Chrome 120.0.0 (Linux x86_64) cart adds FAILED", "\tExpected 1 to be 2."],
      ["cart adds FAILED", "Expected 1 to be 2."],
    ],
    [
      "Jasmine",
      ["Started error #"],
      ["Failures:", "1) cart adds", "  Message:", "    Expected 1 to be 2."],
      ["1) cart adds", "Expected 1 to be 2."],
    ],
    [
      "Mocha",
      ["    ✓ fails # with an error"],
      ["  1 failing", "", "  1) cart", "       adds:", "      AssertionError: expected 1 to equal 2"],
      ["1) cart", "expected 1 to equal 2"],
    ],
    [
      "TAP",
      ["ok # - tells the error"],
      ["not ok 7 - adds", "  ---", "  expected: 1", "  actual: 2"],
      ["not ok 7 - adds", "actual: 2"],
    ],
    [
      "Common Test",
      ["Testing app: case # ok, no error"],
      ["%%% cart_SUITE ==> adds: FAILED", "%%% cart_SUITE ==> {badmatch,2}"],
      ["adds: FAILED", "{badmatch,2}"],
    ],
    [
      "GHC before 9.4",
      ["[# of 9999] Compiling Error#"],
      ["src/A.hs:38:1: error:", "    Variable not in scope: foo"],
      ["src/A.hs:38:1: error:", "not in scope: foo"],
    ],
    [
      "GHC's warnings under -Werror",
      ["[# of 9999] Compiling Error#"],
      [
        "src/B.hs:5:1: Warning:",
        "    The import of ‘M’ is redundant",
        "",
        "<no location info>: ",
        "Failing due to -Werror.",
      ],
      ["src/B.hs:5:1: Warning:", "is redundant"],
    ],
    [
      "PHPUnit",
      ["testError# ... ok"],
      ["There was 1 failure:", "", "1) CartTest::testAdds", "Failed asserting that 1 matches expected 2."],
      ["CartTest::testAdds", "matches expected 2"],
    ],
    [
      "testthat",
      ["* checking error # ... OK"],
      ["── Failure (test-cart.R:3:3): adds ──", "add(1) not equal to 2."],
      ["adds ──", "not equal to 2"],
    ],
    [
      "Julia Test",
      ["Test Summary: error # | Pass"],
      ["adds: Test Failed at cart.jl:3", "  Expression: add(1) == 2", "   Evaluated: 1 == 2"],
      ["Test Failed at", "Evaluated: 1 == 2"],
    ],
    [
      "clojure.test",
      ["lein test app.error#"],
      ["FAIL in (adds) (cart_test.clj:3)", "expected: (= 2 (add 1))", "  actual: (not (= 2 1))"],
      ["FAIL in (adds)", "(not (= 2 1))"],
    ],
    [
      "ExUnit",
      ["  * test error # (1.0ms)"],
      ["  1) test adds (CartTest)", "     Assertion with == failed", "     left:  1"],
      ["1) test adds (CartTest)", "left:  1"],
    ],
    [
      "Test::More",
      ["ok # - error"],
      ["#   Failed test 'adds'", "#   at t/cart.t line 3.", "#          got: '1'"],
      ["Failed test 'adds'", "got: '1'"],
    ],
    [
      "NUnit under VSTest",
      ["  Passed Error# [1 ms]"],
      ["  Failed Adds [12 ms]", "  Error Message:", "     Expected: 2", "  But was:  1"],
      ["Failed Adds", "But was:  1"],
    ],
    [
      "cargo test",
      ["test error_# ... ok"],
      [
        "---- adds stdout ----",
        "thread 'adds' panicked at src/lib.rs:3:5:",
        "left: 1",
        "",
        "failures:",
        "    adds",
      ],
      ["---- adds stdout ----", "left: 1"],
    ],
  ])("%s", async (_, passing, failing, shown) => {
    const log = stamped([...noise(1500, ...passing), ...failing, ...noise(1500, ...passing), ...quiet(300)]);
    const text = await excerpt(log, budget);
    for (const part of shown) expect(text).toContain(part);
  });
});

describe("words inside of names count, after any prefix:", () => {
  test.each([
    "  12:01:07 PM | CREATE_FAILED | AWS::S3::Bucket | Uploads",
    "[Step 11] IDPProcessingError: Timeout waiting for the run",
    "web-1    | django.core.exceptions.ImproperlyConfigured: no ENGINE value",
    "[12:34:56]: ▸ ImproperlyConfigured: no ENGINE value",
    "the worker said INVALID_ARGUMENT_ERROR and left",
  ])("%s", async (line) => {
    const log = stamped([
      ...noise(2500, "[Step 3] uploading part #"),
      line,
      ...noise(1500, "[Teardown] delete: key-#"),
      ...quiet(300),
    ]);
    expect(await excerpt(log, budget)).toContain(line);
  });
});

describe("a line that no pattern knows is shown if the lines around it repeat:", () => {
  const repeating = (count: number) => noise(count, "step # of the work is done", "module # took # ms");
  /** As package managers print them: each with another name. */
  const ofNames = (count: number) =>
    Array.from(
      { length: count },
      (_, i) => `Unpacking lib${i.toString(36).replace(/\d/g, "-")} (1.${i}) ...`,
    );

  test.each([
    'Jest: "global" coverage threshold for branches (80%) not met: 79.1%',
    "src/app.js: 212 kB is over the limit of 200 kB",
    "README.md is out of date, run `make docs` and commit the result",
    "HTTP/1.1 503 Service Unavailable",
    "Table carts has 3 rows, wanted 4",
    "No tests ran in 0.02s",
    "3 != 4",
  ])("%s", async (line) => {
    for (const lines of [repeating, ofNames]) {
      const log = stamped([
        ...lines(2000),
        line,
        ...lines(1500),
        "##[error]Process completed with exit code 1.",
      ]);
      expect(await excerpt(log, budget)).toContain(line);
    }
  });

  test("far from the end of a big log too, with the lines around it", async () => {
    const log = stamped([
      ...repeating(20_000),
      "the wombat escaped",
      "step 7 of the work is undone",
      ...repeating(40_000),
      "##[error]Process completed with exit code 1.",
    ]);
    expect(await excerpt(log, budget)).toContain("the wombat escaped\nstep 7 of the work is undone\n");
  });

  test("after the marks that patterns know, and where all lines differ the last ones are shown", async () => {
    const marked = noise(60, "worker # says: connection refused");
    const log = stamped([
      ...repeating(1500),
      "the wombat escaped",
      ...repeating(800),
      ...marked,
      ...quiet(300),
    ]);
    const text = await excerpt(log, budget);
    expect(text).toContain("the wombat escaped");
    expect(text).toContain("worker 0 says: connection refused");
    const words = "abcdefghijklmnopqrstuvwxyz".split("");
    const different = words.flatMap((a) => words.map((b) => `${a}${b} ${b}${a} of ${a}`));
    expect(await excerpt(different.join("\n"), 1024)).toContain("zz zz of z");
  });
});

describe("a report is shown to its end:", () => {
  const frames = (prefix: string, count: number) =>
    noise(count, `${prefix}  File "site-packages/app/m#.py", line 4, in f`, `${prefix}    call_#(*args)`);

  test.each([
    ["a traceback of 40 lines behind another service's name", "web-1    | ", 13],
    ["a traceback of 2,000 lines, cut in its middle", "", 1000],
  ])("%s", async (_, prefix, count) => {
    const log = stamped([
      ...noise(500, "db-1     | checkpoint # complete"),
      `${prefix}Traceback (most recent call last):`,
      ...frames(prefix, count),
      `${prefix}app.Misconfigured: say which engine`,
      ...noise(900, "tests-1  | waiting for web (#)"),
      "##[error]Process completed with exit code 1.",
    ]);
    const text = await excerpt(log, budget);
    expect(text).toContain(`${prefix}Traceback (most recent call last):`);
    expect(text).toContain(`${prefix}app.Misconfigured: say which engine`);
    expect(text.includes("m500.py")).toBe(false);
  });

  test("another service's lines in the middle do not end it", async () => {
    const log = stamped([
      ...noise(900, "db-1     | checkpoint # complete"),
      "web-1    | Traceback (most recent call last):",
      ...frames("web-1    | ", 8).flatMap((line, i) => [line, `db-1     | checkpoint of ${i}`]),
      "web-1    | app.Misconfigured: say which engine",
      ...noise(900, "db-1     | checkpoint # complete"),
    ]);
    expect(await excerpt(log, budget)).toContain("say which engine");
  });
});

test("the first failure of a kind is shown, not its hundredth consequence", async () => {
  const log = stamped([
    "./cart.go:7:2: undefined: total",
    ...noise(3000, "worker #: retrying after error: connection refused"),
    "##[error]Process completed with exit code 1.",
  ]);
  expect(await excerpt(log, budget)).toContain("./cart.go:7:2: undefined: total");
});

describe("the step that failed comes first:", () => {
  const passedStep = ["##[group]Run npm ci", ...noise(400, "npm ERR! optional dependency # failed: error")];
  const failedStep = [
    "##[group]Run npm test",
    ...noise(300, "checking #"),
    "the wombat escaped",
    ...noise(20, "closing #"),
  ];

  test("if the log shows the steps", async () => {
    const log = stamped([
      ...passedStep,
      ...failedStep,
      "##[error]Process completed with exit code 1.",
      ...passedStep,
    ]);
    expect(await excerpt(log, 4096)).toContain("the wombat escaped");
  });

  test("the failed command is named if it is known", async () => {
    const script = ["##[group]Run npm test", "npm test", "shell: /usr/bin/bash -e {0}", "##[endgroup]"];
    const end = "##[error]Process completed with exit code 3.";
    expect(await excerpt(stamped([...script, end]))).toContain(
      `${end} (The command "npm test" exited with 3.)`,
    );
    expect(await excerpt(stamped(["$ make check", "oh", end]))).toContain(
      '(The command "make check" exited with 3.)',
    );
    const two = ["##[group]Run npm ci", "npm ci", "npm test", "shell: /usr/bin/bash -e {0}", "##[endgroup]"];
    expect(await excerpt(stamped([...two, end]))).not.toContain("The command");
    const yarn = ["$ tsc --build", "✨  Done in 3.21s."];
    expect(await excerpt(stamped([...two, ...yarn, "oh", end]))).not.toContain("The command");
  });
});

describe("a line that reports a pass is no hint, even if it contains such words:", () => {
  test.each([
    "✓ fails with an error",
    "✅ handles the exception",
    "[+] throws a fatal error",
    "ok 12 - error is told",
    "test errors ... ok",
    "tests/test_error.py::test_fails PASSED",
  ])("%s", async (line) => {
    const log = stamped([
      ...noise(2000, `${line} (case #)`.replace(/(PASSED|ok)( \(case #\))$/, "# $1")),
      ...noise(3000, "part # is done"),
    ]);
    expect((await excerpt(log, 4096)).includes("1000")).toBe(false);
  });
});

test.each([
  "##[***rror]Proc***ss compl***t***d with ***xit cod*** 1.",
  "src/a.ts(1,2): ***rror TS2304: Cannot find nam*** 'x'.",
  "F***T***L: THE D***T***B***SE IS GONE",
  "Trac***back (most r***c***nt call last):",
])("a mask of a single letter does not hide %s", async (line) => {
  const text = await excerpt(stamped([...quiet(2000), line, ...quiet(2000, "Linking")]), 4096);
  expect(text).toContain(line);
});
