import type { TaskLocation } from "../tasks/record.js";

/**
 * Where a task stands, whatever Coder calls it: `starting` (no agent yet), `working`, `ready` (the agent would
 * listen), `paused` (its workspace is stopped), `broken`, `gone` (deleted).
 */
export type Phase = "starting" | "working" | "ready" | "paused" | "broken" | "gone";

export interface TaskView {
  phase: Phase;
  /** Coder's own word for it, for messages and logs. */
  status: string;
  /** The agent reports no state, so that `working` is only a guess. */
  silent?: boolean;
}

/** A task as it stands in Coder. */
export interface CoderTask extends TaskLocation {
  id: string;
  url: string;
  view: TaskView;
  /** The text that it was created with. */
  prompt: string;
}

export interface TaskSpecification {
  /** The Coder user who will own it. */
  owner: string;
  name: string;
  displayName: string;
  prompt: string;
  template: TemplateChoice;
}

/** What a task is made from: a template's version, and a preset of its parameters. */
export interface TemplateChoice {
  versionId: string;
  presetId?: string;
}

/**
 * What came of a text for the agent. `busy`: it does not listen just now, and has not got it. `unknown`: it may
 * have got it. `gone`: there is no such task any more.
 */
export type SendOutcome = "sent" | "busy" | "unknown" | "gone";

/** Whether a text has reached the agent; `unclear` where its log does not reach back that far, or is not there. */
export type Reception = "received" | "not received" | "unclear";

/** What the actions ask of Coder. An adapter for each of Coder's APIs stands behind it. */
export interface CoderBackend {
  /** The task by its id where the location has one, else by owner and name; `undefined` where there is none. */
  find(location: TaskLocation): Promise<CoderTask | undefined>;
  /**
   * Creates a task. Throws Coder's 409 as a `RefusedRequestError` where the name is taken, and a
   * `TransientError` where it is unknown whether it was created.
   */
  create(specification: TaskSpecification): Promise<CoderTask>;
  /** Starts a paused or broken task again; throws a `TaskBusyError` while it is still stopping. */
  resume(task: CoderTask): Promise<void>;
  /** Gives the agent a text. */
  send(task: CoderTask, text: string): Promise<SendOutcome>;
  /** Looks for a text that was sent, by a token in it. */
  reception(task: CoderTask, token: string): Promise<Reception>;
  /** Pauses a task; throws a `TaskBusyError` while a workspace build is in the way. */
  stop(task: CoderTask): Promise<void>;
  /** Deletes a task; throws a `TaskBusyError` while a workspace build is in the way. */
  remove(task: CoderTask): Promise<void>;
  /** The task of an issue whose record is lost: the one whose prompt names the issue's URL. */
  search(issueUrl: string): Promise<CoderTask | undefined>;
}
