import type { Octokit } from "@octokit/core";

/** The part of a GitHub client that the log relay needs, so any client can be used to read a run's logs. */
export type RequestClient = Pick<Octokit, "request">;
