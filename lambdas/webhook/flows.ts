import { executionName, startExecution } from "../aws/start-execution.js";
import type { RelayEvent } from "../model/relay-event.js";
import { flowEnvironment } from "../runtime/environment.js";
import type { Outcome } from "./answer.js";

const environment = flowEnvironment();
const syncRepoConfig = { name: "sync-repo-config", arn: environment.SYNC_REPO_CONFIG_FLOW_ARN };
const forwardComment = { name: "forward-comment", arn: environment.FORWARD_COMMENT_FLOW_ARN };
const relayFailure = { name: "relay-failure", arn: environment.RELAY_FAILURE_FLOW_ARN };
const flows = {
  task_requested: { name: "create-task", arn: environment.CREATE_TASK_FLOW_ARN },
  task_closed: { name: "delete-task", arn: environment.DELETE_TASK_FLOW_ARN },
  comment_posted: forwardComment,
  comment_withdrawn: forwardComment,
  check_failed: relayFailure,
  check_reported: relayFailure,
  pull_dequeued: relayFailure,
  pulls_moved: { name: "watch-pulls", arn: environment.WATCH_PULLS_FLOW_ARN },
  pull_changed: { name: "track-pull", arn: environment.TRACK_PULL_FLOW_ARN },
  config_push: syncRepoConfig,
  config_proposed: syncRepoConfig,
  repositories_added: syncRepoConfig,
  repositories_removed: syncRepoConfig,
};

/**
 * Starts the flow of an event, unless its delivery has already started it. Step Functions decides that by the execution's
 * name.
 */
export async function startFlow(event: RelayEvent): Promise<Outcome> {
  const { arn, execution } = executionFor(event);
  const outcome = await startExecution(arn, execution, { event });
  return { kind: outcome === "started" ? "accepted" : "duplicate", execution };
}

/** Returns the outcome that `startFlow` would have, without starting anything. */
export async function previewFlow(event: RelayEvent): Promise<Outcome> {
  return { kind: "accepted", execution: executionFor(event).execution };
}

function executionFor(event: RelayEvent): { arn: string; execution: string } {
  const { name, arn } = flows[event.type];
  return { arn, execution: executionName(name, ownerOf(event), subjectOf(event), event.delivery) };
}

/** The name of the repository, or the account of an installation. */
function ownerOf(event: RelayEvent): string {
  return "repository" in event ? event.repository.name : event.account;
}

/**
 * The part of an execution's name after its repository: the number of an issue, a pull request, a workflow run or an
 * installation, or the beginning of a commit.
 */
function subjectOf(event: RelayEvent): number | string {
  switch (event.type) {
    case "check_failed":
      return event.run.id;
    case "check_reported":
      return event.report.id;
    case "config_push":
      return event.push.after.slice(0, 7);
    case "config_proposed":
    case "pull_dequeued":
      return event.pull.number;
    case "pulls_moved":
      return "pull" in event.moved ? event.moved.pull : "push";
    case "repositories_added":
    case "repositories_removed":
      return event.installation;
    default:
      return "issue" in event ? event.issue.number : event.subject.number;
  }
}
