import type { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { FakeGitHub } from "../../local/fake-github/fake-github.js";
import type { Courier } from "./courier.js";
import type { Trace } from "./trace.js";

/** The repository in which all issues live. */
export const repo = "octo/app";

/** The services and helpers that all lives share. */
export interface Stage {
  gitHub: FakeGitHub;
  coder: FakeCoder;
  courier: Courier;
  trace: Trace;
}
