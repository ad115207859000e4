import type { PullHead } from "../github/pull-heads.js";
import type { Survey, SurveyedPull } from "../github/survey.js";
import type { FailedCheck } from "../model/relayed.js";
import type { MissedDelivery } from "./missed-delivery.js";

/** An open pull request of the agent's, and what its newest commit shows. */
export interface HeadOfPull {
  survey: Survey;
  pull: SurveyedPull;
  head: PullHead;
}

/** A failure on such a commit, with its delivery as if it had been missed. */
export interface Failure {
  /** When it was reported: ISO 8601. */
  at: string;
  missed: MissedDelivery;
  /** Of other CI: what the flow would tell. */
  checks: FailedCheck[];
}
