import type { IssueEvent, Person, RelayEvent } from "../model/event.js";
import { isSameLogin } from "../model/login.js";

/** What a delivery is to the relay: an event for a flow, or nothing, and why. */
export type Classification = { event: RelayEvent } | { skipped: string };

/** What the kinds of events are told by, beside their payload. */
export interface Circumstances {
  /** The login of the agent's account, by the settings. */
  agent: string;
  /** Its id, once GitHub was asked: from then on nothing but the id counts. */
  agentId?: number | undefined;
  /** The App's id, as far as the delivery tells. */
  appId?: number | undefined;
}

/** The part of an event that every payload of a repository gives. */
export type CommonFields = Pick<IssueEvent, "delivery" | "installation" | "repository" | "sender">;

/** Whether an account is the agent's: by its id, by its login only until GitHub has told the id. */
export function isAgent(
  { id, login }: Pick<Person, "id" | "login">,
  { agent, agentId }: Pick<Circumstances, "agent" | "agentId">,
): boolean {
  return agentId === undefined ? isSameLogin(login, agent) : id === agentId;
}
