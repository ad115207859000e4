import { Access } from "../api/access.js";
import { type CoderApi, jsonObject, notFound, Refusal, textField } from "../api/coder-api.js";
import type { Timers } from "../api/timers.js";
import type { FakeUser } from "../api/user.js";
import type { FakeTemplateVersion } from "./templates.js";
import { type FakeBuild, FakeWorkspace, type Pace, type Resident, type Transition } from "./workspace.js";

export interface NewWorkspace {
  name: string;
  owner: FakeUser;
  version: FakeTemplateVersion;
  resident?: Resident;
}

export class Workspaces {
  /** Whether every start gets a 403, as with an exhausted license. */
  startsForbidden = false;
  readonly #all: FakeWorkspace[] = [];

  constructor(
    private readonly pace: Pace,
    private readonly timers: Timers,
  ) {}

  /** All workspaces that are not deleted. */
  get live(): FakeWorkspace[] {
    return this.#all.filter(({ isDeleted }) => !isDeleted);
  }

  /** Whether a workspace of this owner has the name. It keeps the name until its delete build has succeeded. */
  holdsName(owner: FakeUser, name: string): boolean {
    return this.live.some((one) => one.owner === owner && one.name.toLowerCase() === name.toLowerCase());
  }

  create({ name, owner, version, resident }: NewWorkspace): FakeWorkspace {
    if (this.holdsName(owner, name)) throw nameTaken(name);
    this.assertMayStart();
    const workspace = new FakeWorkspace(name, owner, version, this.pace, this.timers, resident);
    this.#all.push(workspace);
    return workspace;
  }

  /** A workspace that the user may use for a chat. That requires SSH access to it. */
  usableBy(id: string, user: FakeUser): FakeWorkspace {
    const found = this.live.find((workspace) => workspace.id === id);
    if (found && new Access(user).connectsToWorkspacesOf(found.owner)) return found;
    // Not a 404, because the input is wrong.
    throw new Refusal(400, "Workspace not found or you do not have access to this resource");
  }

  assertMayStart(): void {
    if (this.startsForbidden) {
      throw new Refusal(403, "Build is not permitted: the license's limit of managed agents is reached.");
    }
  }

  routes(api: CoderApi): void {
    api.route("GET", "/api/v2/workspaces/:workspace", ({ params }, caller) => ({
      status: 200,
      body: workspaceJson(this.#find(params.workspace, caller)),
    }));
    api.route("POST", "/api/v2/workspaces/:workspace/builds", (request, caller) => {
      const workspace = this.#find(request.params.workspace, caller);
      const body = jsonObject(request);
      const transition = textField(body, "transition");
      if (!isTransition(transition)) {
        throw new Refusal(400, "Validation failed.", undefined, [
          { field: "transition", detail: 'Validation failed for tag "oneof" with value: ""' },
        ]);
      }
      if (transition === "start") this.assertMayStart();
      const build = workspace.build(transition, textField(body, "reason"));
      return { status: 201, body: buildJson(workspace, build) };
    });
  }

  #find(id: string | undefined, caller: Access): FakeWorkspace {
    const found = this.live.find((workspace) => workspace.id === id?.toLowerCase());
    if (!found || !caller.managesWorkspacesOf(found.owner)) throw notFound();
    return found;
  }
}

export function nameTaken(name: string): Refusal {
  return new Refusal(409, `Workspace "${name}" already exists.`, undefined, [
    { field: "name", detail: "This value is already in use and should be unique." },
  ]);
}

function isTransition(value: string | undefined): value is Transition {
  return value === "start" || value === "stop" || value === "delete";
}

export function workspaceJson(workspace: FakeWorkspace) {
  const { template } = workspace.version;
  return {
    id: workspace.id,
    name: workspace.name,
    owner_id: workspace.owner.id,
    owner_name: workspace.owner.username,
    organization_id: template.organization.id,
    organization_name: template.organization.name,
    template_id: template.id,
    template_name: template.name,
    template_active_version_id: template.versions.at(-1)?.id,
    latest_build: buildJson(workspace, workspace.latestBuild),
    created_at: workspace.createdAt,
    updated_at: workspace.updatedAt,
  };
}

export function buildJson(workspace: FakeWorkspace, build: FakeBuild) {
  return {
    id: build.id,
    build_number: build.number,
    transition: build.transition,
    reason: build.reason,
    workspace_id: workspace.id,
    workspace_name: workspace.name,
    workspace_owner_id: workspace.owner.id,
    workspace_owner_name: workspace.owner.username,
    template_version_id: workspace.version.id,
    job: { id: build.id, status: build.status, created_at: build.createdAt },
    status: build === workspace.latestBuild ? workspace.status : build.status,
    created_at: build.createdAt,
    updated_at: workspace.updatedAt,
  };
}
