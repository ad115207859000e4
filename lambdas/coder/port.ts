import type { Person } from "../model/event.js";
import type { TaskView } from "../model/phase.js";
import type { Factory } from "../model/plan.js";
import type { Backend, TaskKey, TaskLocation } from "../model/record.js";
import type { WorkIdentity } from "../model/work.js";

/** A task as Coder shows it. */
export interface CoderTask extends TaskLocation {
  id: string;
  url: string;
  view: TaskView;
  /** `create` found this task, which was created for another delivery, and so with another prompt. */
  isOfAnotherDelivery?: boolean;
}

export interface TaskSpecification {
  /** The Coder user who will own it, from `ownerOf`. */
  owner: string;
  name: string;
  displayName: string;
  /** What the agent is told to do. */
  prompt: string;
  /** The delivery that it is created for. Tells this task from one of another delivery. */
  delivery: string;
  /** What the repository's config says about the workspace; `null` if only the settings apply. */
  factory: Factory | null;
  work: WorkIdentity;
  /** What an earlier attempt has created already, or has requested, according to the record. */
  workspaceId?: string | undefined;
  workspaceAskedAt?: number | undefined;
  /**
   * Stores what has been created so far, before the next step. A repeated creation, or the end of the task, finds it by
   * this note.
   */
  note(made: Pick<TaskLocation, "workspaceId" | "workspaceAskedAt">): Promise<void>;
}

/**
 * Why a name is not free. `taken`: by something that is not the work's task. `held`: by a workspace without a task, for
 * example that of a task that is being deleted.
 */
export type NameConflict = "taken" | "held";

/** Creates a task, or finds the one of an earlier attempt. Throws a `TransientError` if it may or may not have been created. */
export type CreateTask = (specification: TaskSpecification) => Promise<CoderTask | NameConflict>;

/**
 * The outcome of a send. `busy`: the agent takes no messages now, and has not received the text. `paused`: the same, and it
 * has to be resumed first. `unknown`: it may have received the text. `gone`: the task no longer exists.
 */
export type SendOutcome = "sent" | "busy" | "paused" | "unknown" | "gone";

/** Whether a text has reached the agent; `unclear` if its log is missing or does not go back far enough. */
export type Reception = "received" | "not received" | "unclear";

/** Agents that report no state (`TaskView.silent`): what shows whether one works. Both methods change nothing. */
export interface SilentAgents {
  /** A fingerprint of all that the agent has shown; `undefined` if Coder doesn't show it. */
  screen(task: CoderTask): Promise<string | undefined>;
  /** Whether it would take a message at this moment; it may still be about to go on. */
  listens(task: CoderTask): Promise<boolean>;
}

/** What the relay needs of Coder. Each of Coder's APIs has an adapter. */
export interface CoderBackend {
  /** Its name in the record of a task. */
  readonly api: Backend;
  /**
   * Whether Coder shows the end of a turn and its result (a summary, a pull request, an error), so that following the
   * agent is worth its cost.
   */
  readonly reportsProgress: boolean;
  /** If it has such agents. */
  readonly silentAgents?: SilentAgents;
  /**
   * The name of the Coder user who will own what a person asks for; without a person, the service user. Throws a
   * `NoCoderUserError` if there is none.
   */
  ownerOf(person: Person | null): Promise<string>;
  /** Looks up what tasks are created from, for any owner: the template and its preset. */
  prepare(factory: Factory | null): Promise<CreateTask>;
  /**
   * Finds the task by its id if the location has one. Otherwise by owner and name or by its labels, if its mark proves
   * that the relay created it for this owner and this work (`coder/mark.ts`). A task whose API Coder no longer has is
   * `gone`, with a `report` that says so.
   */
  find(location: TaskLocation, key: TaskKey): Promise<CoderTask | undefined>;
  /** How all tasks stand, by their ids, in one request: if the backend reports no progress of a single one. */
  views?(): Promise<ReadonlyMap<string, TaskView>>;
  /** The task of an issue whose record is lost, if its mark proves it. `sender` is the person behind the event. */
  search(work: WorkIdentity, sender: Person): Promise<CoderTask | undefined>;
  /** Lets a person open the task's page if they cannot already. Never throws: it is a courtesy. */
  share(task: CoderTask, person: Person): Promise<void>;
  /** Restarts a paused or broken task. Throws a `TaskBusyError` while it is still stopping. */
  resume(task: CoderTask): Promise<void>;
  /**
   * Makes an agent that was stopped, and is resumed, continue its work. Leaves a working agent alone. Throws a
   * `TaskBusyError` while it is still being stopped.
   */
  continueTurn(task: CoderTask): Promise<void>;
  /** Sends the agent a text. Throws a `TextDeniedError` if a hook of the deployment rejects it. */
  send(task: CoderTask, text: string): Promise<SendOutcome>;
  /** Searches for a text that was sent, by a token in it. */
  reception(task: CoderTask, token: string): Promise<Reception>;
  /** Stops the agent. Throws a `TaskBusyError` while that takes time. */
  stop(task: CoderTask): Promise<void>;
  /**
   * Removes a task and everything that was created for it, or what is left of it. Throws a `TaskBusyError` while
   * something is in the way. What is gone already counts as removed.
   */
  remove(location: TaskLocation, key: TaskKey): Promise<void>;
}
