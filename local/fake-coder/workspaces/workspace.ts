import { randomUUID } from "node:crypto";
import { Refusal } from "../api/coder-api.js";
import type { Timers } from "../api/timers.js";
import type { FakeUser } from "../api/user.js";
import type { FakeTemplateVersion } from "./templates.js";

export type Transition = "start" | "stop" | "delete";

/** Durations in milliseconds. */
export interface Pace {
  bootMs: number;
  stopMs: number;
  deleteMs: number;
  turnMs: number;
}

export interface FakeBuild {
  readonly id: string;
  readonly number: number;
  readonly transition: Transition;
  readonly reason: string;
  readonly createdAt: string;
  status: "pending" | "running" | "succeeded" | "failed";
}

/** Notified of a workspace's builds; `started` is called after a successful start. */
export interface Resident {
  starting(): void;
  started(): void;
  stopping(): void;
}

/** A workspace is a list of builds. The last one determines its state. */
export class FakeWorkspace {
  readonly id = randomUUID();
  readonly createdAt = new Date().toISOString();
  updatedAt = this.createdAt;
  readonly builds: FakeBuild[] = [];
  /** The values of the template's parameters, by name. */
  parameters: Readonly<Record<string, string>> = {};
  latestBuild: FakeBuild;
  #cancelTimer = () => {};

  /** Queues the first start at once. */
  constructor(
    readonly name: string,
    readonly owner: FakeUser,
    readonly version: FakeTemplateVersion,
    private readonly pace: Pace,
    private readonly timers: Timers,
    private readonly resident?: Resident,
  ) {
    this.latestBuild = this.build("start");
  }

  get isDeleted(): boolean {
    const last = this.builds.at(-1);
    return last?.transition === "delete" && last.status === "succeeded";
  }

  get hasActiveBuild(): boolean {
    const status = this.builds.at(-1)?.status;
    return status === "pending" || status === "running";
  }

  /** codersdk.WorkspaceStatus. */
  get status(): string {
    const { status, transition } = this.latestBuild;
    if (status === "running") return { start: "starting", stop: "stopping", delete: "deleting" }[transition];
    if (status === "succeeded") return { start: "running", stop: "stopped", delete: "deleted" }[transition];
    return status;
  }

  /** Queues a build. Throws a 409 while another one is active. */
  build(transition: Transition, reason = "initiator"): FakeBuild {
    if (this.isDeleted) throw new Refusal(409, "Workspace is deleted.");
    if (this.hasActiveBuild) throw new Refusal(409, "A workspace build is already active.");
    const build: FakeBuild = {
      id: randomUUID(),
      number: this.builds.length + 1,
      transition,
      reason,
      createdAt: new Date().toISOString(),
      status: "pending",
    };
    this.builds.push(build);
    this.latestBuild = build;
    this.#touch();
    if (transition === "start") this.resident?.starting();
    else this.resident?.stopping();

    const { bootMs, stopMs, deleteMs } = this.pace;
    const ms = { start: bootMs, stop: stopMs, delete: deleteMs }[transition];
    this.#cancelTimer = this.timers.after(ms / 4, () => {
      build.status = "running";
      this.#touch();
      this.#cancelTimer = this.timers.after((ms * 3) / 4, () => this.endBuild("succeeded"));
    });
    return build;
  }

  /** Completes the active build now, if there is one. */
  endBuild(status: "succeeded" | "failed"): void {
    if (!this.hasActiveBuild) return;
    this.#cancelTimer();
    this.latestBuild.status = status;
    this.#touch();
    if (this.latestBuild.transition === "start" && status === "succeeded") this.resident?.started();
  }

  #touch(): void {
    this.updatedAt = new Date().toISOString();
  }
}
