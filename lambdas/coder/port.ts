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
  /** `create` found this task, which was created for a different delivery and so has a different prompt. */
  isOfAnotherDelivery?: boolean;
}

export interface TaskSpecification {
  /** The Coder user who will own it, from `ownerOf`. */
  owner: string;
  name: string;
  displayName: string;
  /** The agent's instructions. */
  prompt: string;
  /** The delivery that it is created for. Distinguishes this task from one for another delivery. */
  delivery: string;
  /** What the repository's config says about the workspace; `null` if only the settings apply. */
  factory: Factory | null;
  work: WorkIdentity;
  /** What an earlier attempt already created or requested, according to the record. */
  workspaceId?: string | undefined;
  workspaceAskedAt?: number | undefined;
  /**
   * Records what has been created so far, before the next step. A repeated creation, or the end of the task, needs this
   * to find it.
   */
  note(made: Pick<TaskLocation, "workspaceId" | "workspaceAskedAt">): Promise<void>;
}

/**
 * Why a name is not free. `taken`: something that isn't the work's task has it. `held`: a workspace without a task has
 * it, for example while its task is being deleted.
 */
export type NameConflict = "taken" | "held";

/** Creates a task, or finds the one of an earlier attempt. Throws a `TransientError` if it may or may not have been created. */
export type CreateTask = (specification: TaskSpecification) => Promise<CoderTask | NameConflict>;

/**
 * The outcome of a send. `busy`: the agent doesn't accept messages right now and has not received the text. `paused`: the
 * same, and it has to be resumed first. `unknown`: it may have received the text. `gone`: the task no longer exists.
 */
export type SendOutcome = "sent" | "busy" | "paused" | "unknown" | "gone";

/** Whether a text has reached the agent; `unclear` if its log is missing or does not go back far enough. */
export type Reception = "received" | "not received" | "unclear";

/** Shows whether an agent that reports no state (`TaskView.silent`) is working. Neither method changes anything. */
export interface SilentAgents {
  /** A fingerprint of everything that the agent has output; `undefined` if Coder doesn't show it. */
  screen(task: CoderTask): Promise<string | undefined>;
  /** Whether it would take a message right now; it may still be about to continue. */
  listens(task: CoderTask): Promise<boolean>;
}

/** The operations that the relay needs from Coder. Each of Coder's APIs has an adapter. */
export interface CoderBackend {
  /** Its name in the record of a task. */
  readonly api: Backend;
  /**
   * Whether Coder shows the end of a turn and its result (a summary, a pull request, an error), which makes following the
   * agent worth its cost.
   */
  readonly reportsProgress: boolean;
  /** Present if the backend has such agents. */
  readonly silentAgents?: SilentAgents;
  /**
   * The name of the Coder user who will own the tasks that a person asks for; without a person, the service user. Throws
   * a `NoCoderUserError` if there is none.
   */
  ownerOf(person: Person | null): Promise<string>;
  /** Looks up the template and preset that tasks of any owner are created from. */
  prepare(factory: Factory | null): Promise<CreateTask>;
  /**
   * Finds the task by its id if the location has one. Otherwise finds it by owner and name or by its labels, if its mark
   * proves that the relay created it for this owner and this work (`coder/mark.ts`). A task whose API Coder no longer has
   * is `gone`, with a `report` that says so.
   */
  find(location: TaskLocation, key: TaskKey): Promise<CoderTask | undefined>;
  /**
   * The state of all tasks by id, in one request. Present if the backend doesn't report the progress of a single task.
   */
  views?(): Promise<ReadonlyMap<string, TaskView>>;
  /** The task of an issue whose record is lost, if its mark proves it. `sender` is the person behind the event. */
  search(work: WorkIdentity, sender: Person): Promise<CoderTask | undefined>;
  /** Lets a person open the task's page if they can't already. Never throws, because this is only a convenience. */
  share(task: CoderTask, person: Person): Promise<void>;
  /** Restarts a paused or broken task. Throws a `TaskBusyError` while it is still stopping. */
  resume(task: CoderTask): Promise<void>;
  /**
   * Makes an agent that was stopped and has been resumed continue its work. Does nothing if the agent is already working.
   * Throws a `TaskBusyError` while it is still being stopped.
   */
  continueTurn(task: CoderTask): Promise<void>;
  /** Sends the agent a text. Throws a `TextDeniedError` if a hook of the deployment rejects it. */
  send(task: CoderTask, text: string): Promise<SendOutcome>;
  /** Searches for a text that was sent, by a token in it. */
  reception(task: CoderTask, token: string): Promise<Reception>;
  /** Stops the agent. Throws a `TaskBusyError` until that is done. */
  stop(task: CoderTask): Promise<void>;
  /**
   * Removes a task and everything that was created for it, or what is left of it. Throws a `TaskBusyError` while
   * something is in the way. Anything already gone counts as removed.
   */
  remove(location: TaskLocation, key: TaskKey): Promise<void>;
}
