import type { Octokit } from "@octokit/core";

/** All that the log relay needs of a client of GitHub's API, so that any can bring a run's logs. */
export type RequestClient = Pick<Octokit, "request">;
