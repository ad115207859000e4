import { Octokit } from "@octokit/rest";
import { type ConnectedApp, connecting } from "./connect.js";

export type GitHubApp = ConnectedApp<Octokit>;

/** The GitHub App of the settings. */
export const connectGitHub = connecting(Octokit);
