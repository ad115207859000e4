import type { IssueEvent, Person, PullChanged, PullsMoved } from "../model/event.js";
import { isSameLogin } from "../model/login.js";
import type { TaskKey } from "../model/record.js";
import type { RelayEvent } from "../model/relay-event.js";

/** The event that a delivery means for the relay, or the reason why it is skipped. */
export type Classification =
  | {
      event: RelayEvent;
      /** Other events of the same delivery. Their flows are started first. */
      others?: readonly (IssueEvent | PullChanged | PullsMoved)[];
      /** Somebody else's pull request. The event counts only if the table says that the agent was given it. */
      ifGiven?: TaskKey;
    }
  | { skipped: string };

/** Who the agent and the App are. */
export interface Identities {
  /** The login of the agent's account, from the settings. */
  agent: string;
  /** The account's id, once it is known. From then on, only the id counts. */
  agentId?: number | undefined;
  /** The App's id, if the delivery has it. */
  appId?: number | undefined;
}

/** The part of an event that comes from every payload of a repository. */
export type CommonFields = Pick<IssueEvent, "delivery" | "installation" | "repository" | "sender">;

/** Whether an account is the agent's, by its id, or by its login as long as the id is unknown. */
export function isAgent(
  { id, login }: Pick<Person, "id" | "login">,
  { agent, agentId }: Pick<Identities, "agent" | "agentId">,
): boolean {
  return agentId === undefined ? isSameLogin(login, agent) : id === agentId;
}
