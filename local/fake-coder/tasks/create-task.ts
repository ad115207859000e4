import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HttpRequest } from "../../http/http-server.js";
import type { Access } from "../api/access.js";
import { jsonObject, notFound, Refusal, textField } from "../api/coder-api.js";
import type { Timers } from "../api/timers.js";
import type { FakeUser } from "../api/user.js";
import type { Users } from "../users/users.js";
import type { FakeTemplateVersion, Templates } from "../workspaces/templates.js";
import { assertMayCreateWorkspace, nameFault, wantedPreset } from "../workspaces/workspace-creation.js";
import { nameTaken, type Workspaces } from "../workspaces/workspaces.js";
import { SimulatedAgent } from "./agent.js";
import { FakeTask } from "./fake-task.js";

/** The time between a create's check of the name and its insert, if creates race. */
const raceMs = 200;

export interface TaskCreationParts {
  users: Users;
  templates: Templates;
  workspaces: Workspaces;
  timers: Timers;
  turnMs: number;
  /** Whether two concurrent creates may both find the name free, so that one fails on the unique index. */
  race: boolean;
}

/** `POST /tasks/{user}`: checks the request in coderd's order, then creates a task and its workspace. */
export class TaskCreation {
  constructor(private readonly parts: TaskCreationParts) {}

  async create(request: HttpRequest, caller: Access): Promise<FakeTask> {
    const { users, workspaces } = this.parts;
    const owner = users.find(request.params.user ?? "", caller);
    if (!owner) throw notFound();
    const body = jsonObject(request);
    const version = this.#version(textField(body, "template_version_id"));
    const initialPrompt = textField(body, "input") ?? "";
    const name = taskName(textField(body, "name") ?? "", initialPrompt);
    const displayName = taskDisplayName(textField(body, "display_name") ?? "", initialPrompt);
    assertMayCreateWorkspace(users, caller, owner, version);

    const preset = wantedPreset(version, textField(body, "template_version_preset_id"));
    await this.#claimName(owner, name);

    const agent = new SimulatedAgent(() => task.initialPrompt, this.parts.turnMs, this.parts.timers);
    const workspace = workspaces.create({ name, owner, version, resident: agent });
    const task = new FakeTask({ name, displayName, initialPrompt, preset, workspace, agent });
    return task;
  }

  #version(id: string | undefined): FakeTemplateVersion {
    if (id === undefined) {
      throw new Refusal(400, "Validation failed.", undefined, [
        { field: "template_version_id", detail: 'Validation failed for tag "required" with value: ""' },
      ]);
    }
    const version = this.parts.templates.version(id);
    // Not a 404, because the input is wrong.
    if (!version) {
      throw new Refusal(400, "Template version not found or you do not have access to this resource");
    }
    if (!version.template.aiTask) {
      throw new Refusal(400, 'Template does not have a valid "coder_ai_task" resource.');
    }
    return version;
  }

  async #claimName(owner: FakeUser, name: string): Promise<void> {
    const { workspaces, race } = this.parts;
    if (workspaces.holdsName(owner, name)) throw nameTaken(name);
    if (!race) return;
    await sleep(raceMs);
    if (!workspaces.holdsName(owner, name)) return;
    throw new Refusal(
      500,
      "Internal error creating task.",
      'pq: duplicate key value violates unique constraint "tasks_owner_id_name_unique_idx"',
    );
  }
}

/** The default name: derived from the prompt, with four random digits. */
function taskName(name: string, prompt: string): string {
  if (name === "") {
    const words = prompt.toLowerCase().match(/[a-z0-9]+/g) ?? ["task"];
    const slug = words.join("-").slice(0, 27).replace(/-+$/, "");
    return `${slug}-${randomBytes(2).toString("hex")}`;
  }
  const fault = nameFault(name);
  if (fault === undefined) return name;
  throw new Refusal(400, "Unable to create a Task with the provided name.", fault);
}

/** The limit is in bytes, as Go's `len` counts. */
function taskDisplayName(displayName: string, prompt: string): string {
  const trimmed = displayName.trim();
  if (Buffer.byteLength(trimmed) > 64) {
    throw new Refusal(400, "Display name must be 64 characters or less.");
  }
  return trimmed || prompt.trim().split("\n", 1).join("").slice(0, 64) || "Task";
}
