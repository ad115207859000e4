import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { agentAsKnown, agentId } from "../accounts/agent.js";
import { isServed } from "../accounts/served.js";
import type { Account } from "../aws/known-accounts.js";
import { Secret } from "../aws/secret.js";
import { executionName, startExecution } from "../aws/start-execution.js";
import { connectGitHub } from "../github/lean-app.js";
import { ConfigurationError } from "../model/errors.js";
import type { RelayEvent } from "../model/event.js";
import { within } from "../runtime/budget.js";
import { ingressEnvironment } from "../runtime/environment.js";
import { log } from "../runtime/log.js";
import type { Classification } from "../webhook/classification.js";
import { classify } from "../webhook/classify.js";
import { PayloadError } from "../webhook/payloads.js";
import { schemaPath, serveSchema } from "../webhook/schema.js";
import { isSignature, isSigned } from "../webhook/signature.js";

const environment = ingressEnvironment();
const secret = new Secret(environment.WEBHOOK_SECRET_ARN, ["AWSCURRENT", "AWSPREVIOUS"]);
const syncRepoConfig = { name: "sync-repo-config", arn: environment.SYNC_REPO_CONFIG_FLOW_ARN };
const flows = {
  task_requested: { name: "create-task", arn: environment.CREATE_TASK_FLOW_ARN },
  task_closed: { name: "delete-task", arn: environment.DELETE_TASK_FLOW_ARN },
  comment_posted: { name: "forward-comment", arn: environment.FORWARD_COMMENT_FLOW_ARN },
  comment_withdrawn: { name: "forward-comment", arn: environment.FORWARD_COMMENT_FLOW_ARN },
  check_failed: { name: "relay-failure", arn: environment.RELAY_FAILURE_FLOW_ARN },
  config_push: syncRepoConfig,
  config_proposed: syncRepoConfig,
  repositories_added: syncRepoConfig,
  repositories_removed: syncRepoConfig,
};

type Answer = APIGatewayProxyStructuredResultV2;

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The whole of the HTTP API (payload format 2.0). */
export async function handler(request: APIGatewayProxyEventV2): Promise<Answer> {
  const { method, path } = request.requestContext.http;
  switch (path) {
    case "/webhooks/github":
      return method === "POST" ? receive(request) : notAllowed("POST");
    case "/healthz":
      return method === "GET" ? answer(200, { status: "ok" }) : notAllowed("GET");
    case schemaPath:
      return method === "GET" || method === "HEAD" ? serveSchema(request) : notAllowed("GET, HEAD");
    default:
      return answer(404, { error: "There is nothing here. Deliveries go to POST /webhooks/github." });
  }
}

/** One delivery: verify → parse → classify → start its flow. */
async function receive(request: APIGatewayProxyEventV2): Promise<Answer> {
  const body = Buffer.from(request.body ?? "", request.isBase64Encoded ? "base64" : "utf8");
  try {
    if (!(await isAuthentic(body, request.headers["x-hub-signature-256"] ?? ""))) {
      return answer(401, { error: "The signature is missing or wrong." });
    }
  } catch (error) {
    log.error("The webhook secret cannot be read", { error: nameOf(error) });
    return answer(503, { error: "The webhook secret cannot be read just now. Redeliver later." });
  }

  const event = request.headers["x-github-event"] ?? "";
  const delivery = request.headers["x-github-delivery"] ?? "";
  if (event === "") return answer(400, { error: "The header X-GitHub-Event is missing." });
  if (!guid.test(delivery)) return answer(400, { error: "The header X-GitHub-Delivery must be a GUID." });
  if (/^application\/x-www-form-urlencoded/i.test(request.headers["content-type"] ?? "")) {
    return answer(415, { error: "Set the content type of the App's webhook to application/json." });
  }

  let payload: unknown;
  try {
    payload = JSON.parse(utf8.decode(body));
  } catch (error) {
    const fault = error instanceof SyntaxError ? "not valid JSON" : "not valid UTF-8";
    return answer(400, { error: `The body is ${fault}.` });
  }
  if (event === "ping") return answer(200, { pong: true });
  const appId = Number(request.headers["x-github-hook-installation-target-id"]);
  return dispatch(event, delivery, payload, appId || undefined);
}

async function dispatch(
  type: string,
  delivery: string,
  payload: unknown,
  appId: number | undefined,
): Promise<Answer> {
  try {
    const circumstances = { ...(await agentAsKnown()), appId };
    const classified = await examine(classify(type, delivery, payload, circumstances), (agentId) =>
      classify(type, delivery, payload, { ...circumstances, agentId }),
    );
    if ("skipped" in classified) return answer(200, classified);

    const { event } = classified;
    const flow = flows[event.type];
    const execution = executionName(flow.name, placeOf(event), numberOf(event), delivery);
    const outcome = await startExecution(flow.arn, execution, { event });
    log.info("Delivery accepted", { delivery, execution, outcome });
    return outcome === "started" ? answer(202, { execution }) : answer(200, { duplicate: execution });
  } catch (error) {
    if (error instanceof PayloadError) {
      if (error.isWellFormed) return answer(200, { skipped: error.message });
      return answer(400, { error: error.message, faults: error.faults });
    }
    log.error("The delivery cannot be taken", { delivery, error: nameOf(error), ...reasonOf(error) });
    return answer(503, { error: "The delivery cannot be taken just now. Redeliver later." });
  }
}

/** How long GitHub may take to say who an account is, in milliseconds: it waits ten seconds for our answer. */
const accountMs = 3000;

/**
 * Lets only those accounts through that are served. The container knows the ids for this; GitHub is asked for them
 * once in the life of a deployment. Until then, only the agent's login is known: what that lets through is classified
 * `anew`. If GitHub does not answer, the delivery is taken: every flow asks the same before it acts, and is retried.
 */
async function examine(
  classified: Classification,
  anew: (agentId: number) => Classification,
): Promise<Classification> {
  if ("skipped" in classified) return classified;
  const { event } = classified;
  const { id, login } = accountOf(event);
  // What was known of a deleted account's installation is to go, whoever it was.
  if (id === undefined && event.type === "repositories_removed") return classified;
  if (id === undefined) return { skipped: "GitHub does not say whose repository it is" };
  try {
    return await within(accountMs, () => ofServed(classified, { id, login }, anew));
  } catch (error) {
    log.warn("It is not known yet whether the account is served: the flow asks", {
      account: login,
      id,
      error: nameOf(error),
    });
    return classified;
  }
}

async function ofServed(
  { event }: { event: RelayEvent },
  account: Account,
  anew: (agentId: number) => Classification,
): Promise<Classification> {
  const connect = async () => (await connectGitHub()).installation(event.installation);
  if (!(await isServed(account, connect))) {
    log.warn("The account is not served", { account: account.login, id: account.id, event: event.type });
    return { skipped: `the account ${account.login} is not served: ALLOWED_ACCOUNTS does not name it` };
  }
  const isAsked = !("repository" in event) || (await agentAsKnown()).agentId !== undefined;
  return isAsked ? { event } : anew(await agentId(await connect()));
}

function accountOf(event: RelayEvent): { id: number | undefined; login: string } {
  return "repository" in event
    ? { id: event.repository.ownerId, login: event.repository.owner }
    : { id: event.accountId, login: event.account };
}

/** Where it happened: a repository, or the account of an installation. */
function placeOf(event: RelayEvent): string {
  return "repository" in event ? event.repository.name : event.account;
}

/**
 * What an execution is found by, beside its place: the number of an issue, a pull request, a workflow run or an
 * installation, or the beginning of a commit.
 */
function numberOf(event: RelayEvent): number | string {
  switch (event.type) {
    case "check_failed":
      return event.run.id;
    case "config_push":
      return event.push.after.slice(0, 7);
    case "config_proposed":
      return event.pull.number;
    case "repositories_added":
    case "repositories_removed":
      return event.installation;
    default:
      return "issue" in event ? event.issue.number : event.subject.number;
  }
}

/** By the secrets in the container; where they do not fit, by those that may have been rotated in since. */
async function isAuthentic(body: Uint8Array, signature: string): Promise<boolean> {
  if (!isSignature(signature)) return false;
  if (isSigned(body, signature, await secret.values())) return true;
  const rotated = await secret.reread();
  return rotated !== undefined && isSigned(body, signature, rotated);
}

function answer(statusCode: number, body: Record<string, unknown>): Answer {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function notAllowed(allowed: string): Answer {
  const refusal = answer(405, { error: `Only ${allowed} is allowed here.` });
  return { ...refusal, headers: { ...refusal.headers, allow: allowed } };
}

/** What an operator has to mend is said in the log; it holds no secret. */
function reasonOf(error: unknown): { reason?: string } {
  return error instanceof ConfigurationError ? { reason: error.message } : {};
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
