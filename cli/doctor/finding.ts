import type { Deployment } from "../deployment/deployment.js";

/** `unknown`: it couldn't be checked, because of another fault or because there is nothing to check yet. */
export type Verdict = "ok" | "fault" | "unknown";

/** One line of the report. */
export interface Finding {
  check: string;
  verdict: Verdict;
  /** What was found. Never contains a secret. */
  message: string;
  /** For a fault: what to do. */
  remedy?: string;
}

/** The result of a check. */
export type Result = Omit<Finding, "check">;

export interface Check {
  /** The subject of the check, in one or two words. */
  name: string;
  run: (deployment: Deployment) => Promise<Result[]>;
}

/** Checks in order. If the first one finds a fault, the others are skipped, because they depend on it. */
export interface CheckGroup {
  gate: Check;
  checks: readonly Check[];
}

export const ok = (message: string): Result => ({ verdict: "ok", message });
export const unknown = (message: string): Result => ({ verdict: "unknown", message });
export const fault = (message: string, remedy: string): Result => ({ verdict: "fault", message, remedy });

/** The faults, or a good result if there are none. */
export const faultsOr = (faults: readonly Result[], good: string): Result[] =>
  faults.length > 0 ? [...faults] : [ok(good)];
