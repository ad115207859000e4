import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { readConfig } from "../config/read-config.js";
import { connectGitHub, type GitHubApp } from "../github/app.js";
import { type CommitReport, reportsOn } from "../github/commit-reports.js";
import { pusherOf } from "../github/pushers.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { readNamedPull } from "../github/stale-reads.js";
import { summarizeFailure } from "../log-relay/failure-summary.js";
import { ChecksRunningError, isOutOfReach, NotInstalledError } from "../model/errors.js";
import { type CheckFailed, type CommitFailure, headShaOf, type Subject } from "../model/event.js";
import type { Relayed } from "../model/relayed.js";
import { log } from "../runtime/log.js";
import { tellFailures } from "./failed-checks.js";
import { failuresOfOthers } from "./failures-of-others.js";
import { isIgnored } from "./ignoring.js";
import { SharedTurn } from "./shared-turn.js";

/** A failure and the execution that relays it. */
export interface Relaying {
  event: CommitFailure;
  /** Its pull request. A run on a branch has none. */
  pull?: Subject | undefined;
  /** The execution's ARN, and when it was started, in ISO 8601. */
  execution: string;
  startedAt: string;
  settleMinutes: number;
}

const nothing: Relayed = { silence: "nothing", who: "", branch: "", text: "", checks: [] };

/**
 * Reads the failures on the newest commit of a pull request, once its other checks are over or have taken too long, or those
 * of a run on a branch. If the App no longer reaches the repository, there is nothing to relay.
 *
 * @throws ChecksRunningError while other checks run.
 */
export async function relayCi(relaying: Relaying): Promise<Relayed> {
  try {
    return await relay(relaying, await connectGitHub());
  } catch (error) {
    if (!isOutOfReach(error) && !(error instanceof NotInstalledError)) throw error;
    log.warn("Dropped: the repository of a failure is out of reach", { error: error.name });
    return nothing;
  }
}

async function relay(relaying: Relaying, app: GitHubApp): Promise<Relayed> {
  const { event, pull: subject } = relaying;
  const octokit = app.installation(event.installation);
  if (subject === undefined) return event.type === "check_failed" ? relayLogs(octokit, event) : nothing;
  const turn = new SharedTurn(
    event.repository.id,
    `${subject.number}#${headShaOf(event)}`,
    relaying.execution,
  );
  const relayed = await relayOn(subject, turn, relaying, app);
  // The pull request may have been closed, or got a new commit, while this execution waited for other checks.
  if (event.type === "check_reported" && relayed.silence !== "") await turn.release();
  return relayed;
}

async function relayOn(
  subject: Subject,
  turn: SharedTurn,
  relaying: Relaying,
  app: GitHubApp,
): Promise<Relayed> {
  const { event } = relaying;
  const octokit = app.installation(event.installation);
  const sha = headShaOf(event);
  if (event.type === "check_reported" && event.report.needsApproval) {
    const { isIgnoredName } = await reader(app, event, sha);
    return isIgnoredName(event.report.name) ? nothing : { ...nothing, silence: "approval" };
  }
  const pull = await readNamedPull(new RepositoryClient(octokit, event.repository), subject.number);
  if (!pull?.isOpen || pull.headSha !== sha) {
    log.info("Dropped: the failure's commit is not the newest of an open pull request", {
      pull: subject.number,
    });
    return nothing;
  }
  // Assigning the agent to a pull request asks for work on its current commit, no matter who pushed it.
  const who = sha === subject.givenSha ? undefined : await personBehind(octokit, event, pull);
  if (who !== undefined) return { ...nothing, silence: "person", who };

  const hasReports = event.type === "check_failed" || event.type === "check_reported";
  if (!hasReports) return { ...nothing, silence: "", branch: pull.headBranch };
  const { read, isIgnoredName } = await reader(app, event, sha);
  if (isIgnoredName(event.type === "check_failed" ? event.run.workflow : event.report.name)) return nothing;
  if (event.type === "check_failed") {
    settle(await read(), relaying);
    return { ...(await relayLogs(octokit, event)), branch: pull.headBranch };
  }
  if (!(await turn.begin())) return nothing;
  settle(await read(), relaying);
  if (!(await turn.end()))
    throw new ChecksRunningError("Another check has failed in the meantime. It goes into the same message.");
  // Read again, because other executions may have left the commit's other failures to this one until now.
  const failures = failuresOfOthers(await read());
  const checks = await tellFailures(octokit, event.repository, failures);
  return { ...nothing, silence: "", branch: pull.headBranch, checks };
}

async function relayLogs(octokit: Octokit, { repository, run }: CheckFailed): Promise<Relayed> {
  const { owner, name: repo } = repository;
  const text = await summarizeFailure(octokit, { owner, repo, runId: run.id, attempt: run.attempt });
  return { ...nothing, silence: "", text };
}

/** The login of the person who pushed the newest commit; `undefined` if the agent or a bot did, or GitHub doesn't say. */
async function personBehind(
  octokit: Octokit,
  { repository }: Relaying["event"],
  { headRepositoryId, headBranch: branch, headSha: sha }: Pull,
): Promise<string | undefined> {
  if (headRepositoryId !== repository.id) return undefined;
  const pusher = await pusherOf(octokit, repository, { branch, sha });
  return pusher?.type === "User" && pusher.id !== (await agentId(octokit)) ? pusher.login : undefined;
}

/** Reads the reports on a commit, except for the App's own and those that the config ignores. */
async function reader(app: GitHubApp, { installation, repository }: Relaying["event"], sha: string) {
  const octokit = app.installation(installation);
  const config = await readConfig(octokit, repository);
  const patterns = config.state === "valid" ? config.config.ci.ignore : [];
  const isIgnoredName = (name: string) => isIgnored(patterns, name);
  const isTold = ({ app: by, name }: CommitReport) => by?.id !== app.id && !isIgnoredName(name);
  const read = async () => (await reportsOn(octokit, repository, sha)).filter(isTold);
  return { read, isIgnoredName };
}

/** Throws while other checks of the commit are running, and while GitHub doesn't show the reported one yet. */
function settle(reports: readonly CommitReport[], { event, startedAt, settleMinutes }: Relaying): void {
  const running = reports.filter(({ isRunning }) => isRunning).map(({ name }) => name);
  const isShown =
    event.type !== "check_reported" ||
    reports.some(({ kind, name }) => kind === event.report.kind && name === event.report.name);
  const isOver = Date.now() - Date.parse(startedAt) >= settleMinutes * 60_000;
  if (isOver || (running.length === 0 && isShown)) return;
  log.info("Other checks of the commit are still running", { running: running.slice(0, 10), isShown });
  throw new ChecksRunningError(
    `${running.length} checks of the commit are still running. Their failures go to the agent in the same message.`,
  );
}
