import { cause, type ErrorPattern } from "./error-pattern.js";

const sourceFiles =
  "c h cc cpp cxx hpp m mm d rs go zig nim java kt kts scala groovy clj cs fs vb js jsx ts tsx mjs cjs vue svelte css scss less html py pyx rb rake erb php pl pm t sh bash ps1 lua r jl hs lhs ml mli ex exs erl hrl el lisp rkt elm purs dart swift coffee sql f90 tex md rst adoc json yml yaml toml xml tf proto vim".split(
    " ",
  );

/** Failure reports that belong to no single language: containers, clouds, repositories, the system. */
export const platformPatterns: readonly ErrorPattern[] = [
  // Files, containers, clouds, repositories
  cause(
    "Docker, BuildKit",
    ["failed to build", "failed to solve", "executor failed", "returned a non-zero", "failed to "],
    /^ERROR: failed to (?:build|solve)|\bexecutor failed running\b|\breturned a non-zero code: |\bdid not complete successfully: exit code\b/,
    { before: 12 },
  ),
  cause(
    "Kubernetes, Helm",
    [
      "is invalid:",
      "error from server",
      "error: ",
      "install failed",
      "upgrade failed",
      "crashloop",
      "imagepull",
    ],
    /\bis invalid: |\bError from server\b|^Error: (?:INSTALLATION|UPGRADE) FAILED|\bCrashLoopBackOff\b|\b(?:ErrImagePull|ImagePullBackOff)\b/,
    { before: 3 },
  ),
  cause(
    "CloudFormation, CDK, SAM",
    ["_failed", "rollback", "❌"],
    /\b(?:CREATE|UPDATE|DELETE|IMPORT)_FAILED\b|\bROLLBACK_IN_PROGRESS\b/,
    { before: 2, after: 4 },
  ),
  cause("Terraform, Pulumi, Ansible", ["error: ", "fatal: ["], /^[│╷\s]*Error: |^fatal: \[|^\s*error: /, {
    before: 2,
    after: 12,
  }),
  cause(
    "Bazel, Buck",
    ["error: ", "failed: build", "timeout in", "failed in"],
    /^ERROR: |^FAILED: Build did NOT|^\/\/\S+ +(?:FAILED|TIMEOUT)\b/,
    { before: 2, after: 12 },
  ),
  cause(
    "git",
    ["fatal: ", "conflict (", "error: ", "! ["],
    /^fatal: |^CONFLICT \(|^error: (?:pathspec|failed to push|Your local|RPC failed)|^ ! \[(?:remote )?rejected\]/,
    { before: 4, after: 4 },
  ),
  cause(
    "apt, dpkg, yum, apk, Homebrew",
    [" e: ", "w: failed", "err:", "error: ", "dpkg: error", "unable to", "no package"],
    /^E: |^Err:\d+ |^dpkg: error|^W: Failed to fetch|^Error: (?:No |Unable|Cannot|An )|^No package \S+ available|^==> Failed/,
    { before: 3, after: 4 },
  ),
  cause(
    "curl, wget, ssh",
    ["curl: (", "returned error", "wget:", "ssh: ", "error 4", "error 5", "host key"],
    /^curl: \(\d+\)|\bERROR \d{3}: |^wget: |^ssh: |\bHost key verification failed\b/,
    { before: 3, after: 3 },
  ),
  cause(
    "kernel, shells",
    [
      "segmentation fault",
      "core dumped",
      "oomkilled",
      "no space left",
      "illegal instruction",
      "bus error",
      "stack smashing",
      "double free",
      "killed",
      "terminated",
    ],
    /\b[Ss]egmentation fault\b|\bcore dumped\b|\bOOMKilled\b|\bNo space left on device\b|\bIllegal instruction\b|\bBus error\b|\bstack smashing detected\b|\bdouble free or corruption\b|: line \d+: +\d+ (?:Killed|Terminated|Aborted)/,
    { before: 10 },
  ),
  cause(
    "assert.h, Abseil, abort",
    ["assertion", "check failed", "terminate called", "abort"],
    /\bAssertion [`'"(].*failed|\bAssertion failed[:!]|\bCheck failed: |^terminate called |\bAborted \(core/,
    { before: 6, after: 8 },
  ),
  cause(
    "CI timeouts",
    [
      "no output has been received",
      "maximum time limit",
      "has timed out",
      "execution time of",
      "operation was canceled",
      "was cancelled",
      "maximum log length",
      "log length has exceeded",
    ],
    /\bNo output has been received in the last\b|\bexceeded the maximum (?:time limit|execution time)\b|\bThe operation was canceled\b|\bThe log length has exceeded\b|\bjob exceeded the maximum\b/,
    { before: 20, after: 3 },
  ),
  cause(
    "awesome_bot, htmlproofer, link checkers",
    ["issues :-(", "broken link", "redirects ", "dead link", "[✖]", "external link"],
    /^Issues :-\(|^> Links$|^\s+\d+\. (?:\[L\d+\] )?(?:\d{3}|\S+) (?:https?:|→)|^\s*\[✖\] |^\*\s+(?:External link|internally linking)/i,
    { before: 2, after: 10 },
  ),
  cause("html-proofer, htmllint, W3C", ["- ./", "error:"], /^- \.?\/\S+\.html?$/, { before: 0, after: 5 }),
  cause("pre-commit", ["failed", "hook id"], /\.{4,}Failed$|^- hook id: /, { before: 1, after: 10 }),

  // GNU Coding Standards, "Formatting Error Messages": `file:line: message`, as most compilers and linters have it.
  cause(
    "GNU error format",
    sourceFiles.map((extension) => `.${extension}:`),
    /^(?!.*\b(?:warn|warning|note|info|remark|hint|debug|deprecated)\b|.*:\d+: in )\s{0,4}\S+\.[a-z]\w{0,6}:\d+(?::\d+)?:? \S/i,
    { before: 1, after: 3 },
  ),
];
