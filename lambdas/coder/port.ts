import type { Person } from "../model/event.js";
import type { TaskView } from "../model/phase.js";
import type { Factory } from "../model/plan.js";
import type { Backend, TaskKey, TaskLocation } from "../model/record.js";
import type { WorkIdentity } from "../model/work.js";

/** A task as it stands in Coder. */
export interface CoderTask extends TaskLocation {
  id: string;
  url: string;
  view: TaskView;
  /** It was found where one was to be created, and was started for another delivery: with other words. */
  isOfAnotherDelivery?: boolean;
}

export interface TaskSpecification {
  /** The Coder user who will own it, as `ownerOf` said. */
  owner: string;
  name: string;
  displayName: string;
  /** The agent's first words. */
  prompt: string;
  /** What it is created for: tells this task from one that another delivery had created. */
  delivery: string;
  /** What the repository's config says of the workspace; without one, the settings alone count. */
  factory: Factory | null;
  work: WorkIdentity;
  /** What an earlier try has made already, or has asked Coder for, by the record. */
  workspaceId?: string | undefined;
  workspaceAskedAt?: number | undefined;
  /**
   * Told of what has been made on the way to the task, before the next step is taken: whoever repeats the
   * creation, or ends the task, finds it by that.
   */
  note(made: Pick<TaskLocation, "workspaceId" | "workspaceAskedAt">): Promise<void>;
}

/**
 * Why a name cannot be had: `taken` by something that is not the task, or `held` by a workspace without
 * a task, as that of a task is whose deletion is under way.
 */
export type NameConflict = "taken" | "held";

/**
 * Creates a task, or finds the one that an earlier try has created. Throws a `TransientError` where it is unknown
 * whether it was created.
 */
export type CreateTask = (specification: TaskSpecification) => Promise<CoderTask | NameConflict>;

/**
 * What came of a text for the agent. `busy`: it does not listen just now, and has not got it. `paused`: the same,
 * and it has to be resumed first. `unknown`: it may have got it. `gone`: there is no such task any more.
 */
export type SendOutcome = "sent" | "busy" | "paused" | "unknown" | "gone";

/** Whether a text has reached the agent; `unclear` where its log does not reach back that far, or is not there. */
export type Reception = "received" | "not received" | "unclear";

/** What the actions ask of Coder. An adapter for each of Coder's APIs stands behind it. */
export interface CoderBackend {
  /** What the record of a task remembers it by. */
  readonly api: Backend;
  /**
   * Whether Coder tells of a turn's end and of what came of it, so that looking on is worth its cost: a summary, a
   * pull request, an error.
   */
  readonly reportsProgress: boolean;
  /**
   * The Coder user who will own what a person asks for; where nobody in particular does, the user of the token. Throws
   * a `NoCoderUserError` where there is none.
   */
  ownerOf(person: Person | null): Promise<string>;
  /** Looks up what creations are made from, whoever will own them: the template, its preset. */
  prepare(factory: Factory | null): Promise<CreateTask>;
  /**
   * The task by its id where the location has one. Else by owner and name or by its labels, if its mark proves that
   * the relay has made it for this owner and this work (`tasks/mark.ts`). `undefined` where there is none. One that
   * Coder has no API for any more is `gone`, with a `report` that says so.
   */
  find(location: TaskLocation, key: TaskKey): Promise<CoderTask | undefined>;
  /** The task of an issue whose record is lost, if its mark proves it. `sender` is behind the event that asks for it. */
  search(work: WorkIdentity, sender: Person): Promise<CoderTask | undefined>;
  /** Lets a person open the task's page, where that is not so by itself. Never throws: it is a courtesy. */
  share(task: CoderTask, person: Person): Promise<void>;
  /** Starts a task again that is paused or broken; throws a `TaskBusyError` while it is still stopping. */
  resume(task: CoderTask): Promise<void>;
  /**
   * Lets an agent that was stopped take up its work, once it is resumed; throws a `TaskBusyError` while it is
   * still being stopped. One that works is left alone.
   */
  continueTurn(task: CoderTask): Promise<void>;
  /** Gives the agent a text. Throws a `TextDeniedError` where the deployment lets no agent have it. */
  send(task: CoderTask, text: string): Promise<SendOutcome>;
  /** Looks for a text that was sent, by a token in it. */
  reception(task: CoderTask, token: string): Promise<Reception>;
  /** Makes the agent stop working; throws a `TaskBusyError` while that has not come about. */
  stop(task: CoderTask): Promise<void>;
  /**
   * Removes a task and all that was made for it, or what is left of it; throws a `TaskBusyError` while
   * something is in the way. What is gone already is as good as removed.
   */
  remove(location: TaskLocation, key: TaskKey): Promise<void>;
}
