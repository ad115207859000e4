import { Octokit } from "@octokit/core";
import { connecting } from "./connect.js";

/** The GitHub App for the log relay: its clients have `request` alone. */
export const connectGitHub = connecting(Octokit);
