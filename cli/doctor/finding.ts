import type { Deployment } from "../deployment/deployment.js";

/** `unknown`: it couldn't be checked, because of another fault or because nothing is there yet. */
export type Verdict = "ok" | "fault" | "unknown";

/** One line of the report. */
export interface Finding {
  check: string;
  verdict: Verdict;
  /** What is so. It holds no secret. */
  message: string;
  /** Of a fault: what to do. */
  remedy?: string;
}

/** What a check has found out about its subject. */
export type Result = Omit<Finding, "check">;

export interface Check {
  /** What is checked, in one or two words. */
  name: string;
  run: (deployment: Deployment) => Promise<Result[]>;
}

/** Checks in order. If the first one finds a fault, the others say nothing: they need what it checks. */
export interface CheckGroup {
  gate: Check;
  checks: readonly Check[];
}

export const ok = (message: string): Result => ({ verdict: "ok", message });
export const unknown = (message: string): Result => ({ verdict: "unknown", message });
export const fault = (message: string, remedy: string): Result => ({ verdict: "fault", message, remedy });

/** The faults, or that all is well. */
export const faultsOr = (faults: readonly Result[], good: string): Result[] =>
  faults.length > 0 ? [...faults] : [ok(good)];
