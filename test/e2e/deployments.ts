import type { FakeCoderOptions } from "../../local/fake-coder/fake-coder.js";
import type { SystemOptions } from "../../local/system/system.js";

/**
 * A Coder deployment that the relay has to work on, and what differs there for people. The fakes know what differs
 * for the relay.
 */
export interface Deployment {
  coder: FakeCoderOptions;
  /** Who owns an agent that mona has asked for. */
  owner: "mona-c" | "relay-bot";
  /** The part of an agent's address that names its kind of page. */
  page: "tasks" | "agents";
  /** Coder queues what an agent is told while it works, each message as a turn of its own. */
  queues: boolean;
  /** An agent that is unassigned loses its workspace, and comes back with it. */
  pauses: boolean;
}

const tasks = { owner: "mona-c", page: "tasks", queues: false, pauses: true } as const;
const chats = { owner: "relay-bot", page: "agents", queues: true, pauses: false } as const;

/**
 * The four Coders of the facts: Tasks as they are supported; Tasks with the error codes, and without the routes, of
 * older releases; Chats; Chats as they were at first, at another path and with other statuses.
 */
export const deployments = {
  "Tasks of 2.34": { ...tasks, coder: { version: "2.34" } },
  "Tasks of 2.30": { ...tasks, coder: { version: "2.30" } },
  "Chats of 2.38": { ...chats, coder: { version: "2.38" } },
  "Chats of 2.35": { ...chats, coder: { version: "2.35", tasks: false, stringErrors: true } },
} as const satisfies Record<string, Deployment>;

/**
 * For `describe.each`: what the relay does with an agent is tested on all of them. Some files run on one Coder, for
 * what they test does not depend on it, or is about one API alone:
 *
 * - `ingress`: what GitHub is answered, before anything is asked of Coder;
 * - `credentials`: the App's key and tokens, which are GitHub's business;
 * - `between`, `long-wait`: the drains' flow, where the Tasks API is the hard case: its agents are busy for long;
 * - `tenants`, `refused-posts`: who may speak and what GitHub refuses, on one release of each API;
 * - `inbox-load`: the inbox under load, where the Tasks API is the hard case: it takes one message at a time;
 * - `move`: from Tasks to Chats, by its nature;
 * - `chats`, `follow`: what only Chats have.
 */
export const everyCoder: [string, Deployment][] = Object.entries(deployments);

/** With the requester as the owner of chats, as of tasks. */
export function asRequester({ coder }: Deployment): Pick<SystemOptions, "coder" | "settings"> {
  return { coder, settings: { CODER_CHAT_IDENTITY: "requester" } };
}

/** A request that makes an agent: mona's task, or a chat. */
export const creation = { method: "POST", path: /\/(tasks\/mona-c|chats)$/ };

/** A request that ends one: a task is deleted, a chat archived. */
export function ending({ page }: Deployment) {
  return page === "tasks"
    ? { method: "DELETE", path: /\/tasks\// }
    : { method: "PATCH", path: /\/chats\/[^/]+$/ };
}

/** A request that tells an agent something. */
export const sending = { method: "POST", path: /\/(send|messages)$/ };
