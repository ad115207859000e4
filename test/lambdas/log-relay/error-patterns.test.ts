import { describe, expect, test } from "@jest/globals";
import { findErrorPattern } from "../../../lambdas/log-relay/error-patterns.js";

describe("a tool's report of a failure is a cause", () => {
  test.each([
    ["GitHub Actions", "##[error]Process completed with exit code 1."],
    ["tsc", "src/app.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'."],
    ["tsc", "src/app.ts:3:7 - error TS2322: Type 'string' is not assignable to type 'number'."],
    ["ESLint", "  12:5  error  'x' is never used  no-unused-vars"],
    ["Jest", "  ● adds › one and one"],
    ["Jest", "FAIL test/add.test.ts"],
    ["Vitest", " FAIL  test/add.test.ts > adds"],
    ["Vitest", "   × adds 4ms"],
    ["npm", "npm ERR! code ELIFECYCLE"],
    ["npm", "npm error code E404"],
    ["npm", "npm error"],
    ["Node.js", "Error: Cannot find module 'left-pad'"],
    ["Node.js", "TypeError [ERR_INVALID_ARG_TYPE]: The argument must be a string"],
    ["rustc", "error[E0308]: mismatched types"],
    ["rustc", "error: could not compile `app` (lib) due to 1 previous error"],
    ["Rust", "thread 'main' panicked at src/main.rs:2:5:"],
    ["cargo test", "test tests::adds ... FAILED"],
    ["cargo test", "test result: FAILED. 3 passed; 1 failed; 0 ignored"],
    ["cargo test", "---- tests::adds stdout ----"],
    ["go test", "--- FAIL: TestAdd (0.00s)"],
    ["go test", "    --- FAIL: TestAdd/one (0.00s)"],
    ["go test", "FAIL\tgithub.com/octo/app\t0.004s"],
    ["Go", "panic: runtime error: index out of range [3] with length 3"],
    ["Go", "./main.go:12:3: undefined: x"],
    ["Python", "Traceback (most recent call last):"],
    ["Python", "ModuleNotFoundError: No module named 'app'"],
    ["pytest", "E       assert 1 == 2"],
    ["pytest", "FAILED tests/test_add.py::test_adds - assert 1 == 2"],
    ["mypy", 'app/add.py:3: error: Incompatible return value type (got "str", expected "int")'],
    ["Ruff", "app/add.py:1:8: F401 `os` imported but unused"],
    ["GCC", "src/add.c:4:10: fatal error: add.h: No such file or directory"],
    ["Clang", "src/add.cpp:4:3: error: use of undeclared identifier 'x'"],
    ["ld", "add.c:(.text+0x5): undefined reference to `sub'"],
    ["make", "make[2]: *** [Makefile:10: all] Error 2"],
    ["javac", "src/main/java/Add.java:5: error: cannot find symbol"],
    ["Maven", "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.11.0:compile"],
    ["Gradle", "FAILURE: Build failed with an exception."],
    ["Gradle", "> Task :app:compileJava FAILED"],
    ["Gradle", "AddTest > addsOneAndOne() FAILED"],
    ["Kotlin", "e: file:///app/Add.kt:3:5 Unresolved reference: x"],
    [
      ".NET",
      "Add.cs(3,5): error CS0103: The name 'x' does not exist in the current context [/app/app.csproj]",
    ],
    [".NET", "  Failed AddsOneAndOne [12 ms]"],
    ["RSpec", "     Failure/Error: expect(add(1, 1)).to eq(3)"],
    ["RSpec", "rspec ./spec/add_spec.rb:4 # Add adds"],
    ["Terraform", "│ Error: Unsupported argument"],
    ["git", "fatal: not a git repository (or any of the parent directories): .git"],
    ["Docker", "#12 3.456 make: *** [all] Error 2"],
    ["Turborepo", "web:test:   ● adds › one and one"],
    ["Docker Compose", "api-1  | panic: no database"],
    ["shell", "Segmentation fault (core dumped)"],
  ])("%s: %s", (_tool, line) => {
    expect(findErrorPattern(line)?.grade).toBe("cause");
  });
});

describe("a word that is common in failures is a hint", () => {
  test.each([
    "the request failed: connection refused",
    "container exited with code 137",
    "ERROR could not connect",
    "sh: 1: jets: not found",
    "operation timed out",
    "12 tests, 3 failures, 0 errors",
  ])("%s", (line) => {
    expect(findErrorPattern(line)?.grade).toBe("hint");
  });
});

describe("no error pattern matches", () => {
  test.each([
    "Found 0 errors in 12 files.",
    "Tests: 0 failed, 12 passed",
    "added error-ex@1.3.2",
    "  ● Console",
    "Compiling thiserror v1.0.61",
    "ok  github.com/octo/errors 0.004s",
    "test tests::adds ... ok",
    "exit code 0",
    "Run npm test",
    "",
  ])("%j", (line) => {
    expect(findErrorPattern(line)).toBeUndefined();
  });
});
