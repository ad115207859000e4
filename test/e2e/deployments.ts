import type { FakeCoderOptions } from "../../local/fake-coder/fake-coder.js";
import type { SystemOptions } from "../../local/system/system.js";

/**
 * A Coder deployment that the relay supports, and the differences that people see. The fakes implement the differences
 * that the relay sees.
 */
export interface Deployment {
  coder: FakeCoderOptions;
  /** The owner of an agent that mona has requested. */
  owner: "mona-c" | "relay-bot";
  /** The part of an agent's address that names its kind of page. */
  page: "tasks" | "agents";
  /** Whether Coder queues messages to a working agent, each as a separate turn. */
  queues: boolean;
  /** Whether unassigning an agent pauses its workspace, and assigning it again resumes it. */
  pauses: boolean;
}

const tasks = { owner: "mona-c", page: "tasks", queues: false, pauses: true } as const;
const chats = { owner: "relay-bot", page: "agents", queues: true, pauses: false } as const;

/**
 * The four supported kinds of Coder: current Tasks; Tasks of older releases, with other error codes and fewer routes;
 * current Chats; and the first Chats, at another path and with other statuses.
 */
export const deployments = {
  "Tasks of 2.34": { ...tasks, coder: { version: "2.34" } },
  "Tasks of 2.30": { ...tasks, coder: { version: "2.30" } },
  "Chats of 2.38": { ...chats, coder: { version: "2.38" } },
  "Chats of 2.35": { ...chats, coder: { version: "2.35", tasks: false, stringErrors: true } },
} as const satisfies Record<string, Deployment>;

/**
 * For `describe.each`: tests of the relay's work with agents run on all four. Some files run on fewer, because they don't
 * depend on Coder or test only one API:
 *
 * - `ingress`: the answers to GitHub, before any request to Coder;
 * - `credentials`: the App's key and tokens, which Coder does not see;
 * - `between`, `long-wait`: the drains' flow, where the Tasks API is the hard case because its agents are busy for a long
 *   time;
 * - `tenants`, `refused-posts`: who may speak and what GitHub refuses, on one release of each API;
 * - `inbox-load`: the inbox under load, where the Tasks API is the hard case because it takes one message at a time;
 * - `move`: the upgrade from Tasks to Chats;
 * - `chats`, `follow`: features that only Chats have.
 */
export const everyCoder: [string, Deployment][] = Object.entries(deployments);

/** Makes the requester the owner of chats, as of tasks. */
export function asRequester({ coder }: Deployment): Pick<SystemOptions, "coder" | "settings"> {
  return { coder, settings: { CODER_CHAT_IDENTITY: "requester" } };
}

/** A request that creates an agent: mona's task, or a chat. */
export const creation = { method: "POST", path: /\/(tasks\/mona-c|chats)$/ };

/** A request that ends one: a task is deleted, a chat archived. */
export function ending({ page }: Deployment) {
  return page === "tasks"
    ? { method: "DELETE", path: /\/tasks\// }
    : { method: "PATCH", path: /\/chats\/[^/]+$/ };
}

/** A request that sends an agent a message. */
export const sending = { method: "POST", path: /\/(send|messages)$/ };
