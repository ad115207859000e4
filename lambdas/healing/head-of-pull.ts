import type { PullHead } from "../github/pull-heads.js";
import type { Survey, SurveyedPull } from "../github/survey.js";
import type { FailedCheck } from "../model/relayed.js";
import type { MissedDelivery } from "./missed-delivery.js";

/** An open pull request that the agent works on, and the state of its newest commit. */
export interface HeadOfPull {
  survey: Survey;
  pull: SurveyedPull;
  head: PullHead;
}

/** A failure on such a commit, with the delivery to use if it was missed. */
export interface Failure {
  /** When it was reported: ISO 8601. */
  at: string;
  missed: MissedDelivery;
  /** For other CI: the checks that the flow would report. */
  checks: FailedCheck[];
}
