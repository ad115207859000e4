import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { Access } from "../api/access.js";
import { type CoderApi, jsonObject, notFound, Refusal, textField, uuidField } from "../api/coder-api.js";
import type { FakeUser } from "../api/user.js";
import type { Users } from "../users/users.js";
import type { FakePreset, FakeTemplateVersion, Templates } from "./templates.js";
import { type Workspaces, workspaceJson } from "./workspaces.js";

/** Creates workspaces without a task, for chats to use, and finds them by name. */
export class WorkspaceCreation {
  constructor(
    private readonly users: Users,
    private readonly templates: Templates,
    private readonly workspaces: Workspaces,
  ) {}

  routes(api: CoderApi): void {
    api.route("POST", "/api/v2/users/:user/workspaces", (request, caller) => this.#create(request, caller));
    api.route("GET", "/api/v2/users/:user/workspace/:name", ({ params }, caller) => {
      const owner = this.users.find(params.user ?? "", caller);
      const name = params.name?.toLowerCase();
      const found = this.workspaces.live.find(
        (one) => one.owner === owner && one.name.toLowerCase() === name,
      );
      if (!found || !caller.managesWorkspacesOf(found.owner)) throw notFound();
      return { status: 200, body: workspaceJson(found) };
    });
  }

  #create(request: HttpRequest, caller: Access): HttpReply {
    const owner = this.users.find(request.params.user ?? "", caller);
    if (!owner) throw notFound();
    const body = jsonObject(request);
    const name = workspaceName(textField(body, "name") ?? "");
    const version = this.#version(body);
    assertMayCreateWorkspace(this.users, caller, owner, version);
    wantedPreset(version, uuidField(body, "template_version_preset_id"));
    const parameters = parametersOf(version, body.rich_parameter_values);
    const workspace = this.workspaces.create({ name, owner, version });
    workspace.parameters = parameters;
    return { status: 201, body: workspaceJson(workspace) };
  }

  #version(body: Record<string, unknown>): FakeTemplateVersion {
    const template = uuidField(body, "template_id");
    const version = uuidField(body, "template_version_id");
    if ((template === undefined) === (version === undefined)) {
      const tag = template === undefined ? "required_without" : "excluded_with";
      const detail = `Validation failed for tag "${tag}" with value: "${template ?? ""}"`;
      throw new Refusal(400, "Validation failed.", undefined, [{ field: "template_id", detail }]);
    }
    const found =
      version === undefined
        ? this.templates.byId(template ?? "")?.versions.at(-1)
        : this.templates.version(version);
    if (found) return found;
    const [field, what] = version ? ["template_version_id", "version "] : ["template_id", ""];
    throw new Refusal(400, `Template ${what}"${version ?? template}" doesn't exist.`, undefined, [
      { field, detail: "template not found" },
    ]);
  }
}

/** coderd's checks for every new workspace, with or without a task. */
export function assertMayCreateWorkspace(
  users: Users,
  caller: Access,
  owner: FakeUser,
  { template }: FakeTemplateVersion,
): void {
  if (!users.isMember(owner, template.organization.id)) throw notFound();
  if (!caller.managesWorkspacesOf(owner)) {
    throw new Refusal(
      403,
      "Unauthorized to create workspace.",
      `You may not create one for ${owner.username}.`,
    );
  }
  if (template.deprecation) {
    const message = `Template "${template.name}" has been deprecated, and cannot be used to create a new workspace.`;
    throw new Refusal(400, message, template.deprecation);
  }
}

/** The preset with this id. Refuses an unknown preset, and a missing one if the template requires a preset. */
export function wantedPreset(
  version: FakeTemplateVersion,
  wanted: string | undefined,
): FakePreset | undefined {
  const preset = version.presets.find(({ id }) => id === wanted);
  if ((version.template.needsPreset || wanted) && !preset) {
    const field = wanted ? "template_version_preset_id" : "parameters";
    const detail = wanted ? "There is no such preset." : "A required parameter has no value.";
    throw new Refusal(400, "Unable to validate parameters", detail, [{ field, detail }]);
  }
  return preset;
}

/** Refuses parameters that the template does not have, as Coder may do. */
function parametersOf({ template }: FakeTemplateVersion, values: unknown): Record<string, string> {
  const given = (Array.isArray(values) ? values : []).map((value): [string, string] => {
    const name = textField(value, "name") ?? "";
    if (template.parameters.includes(name)) return [name, textField(value, "value") ?? ""];
    const detail = `There is no parameter ${name}.`;
    throw new Refusal(400, "Unable to validate parameters", detail, [{ field: "parameters", detail }]);
  });
  return Object.fromEntries(given);
}

/** The error of codersdk.NameValid for a name. It counts bytes, as Go's `len` does. */
export function nameFault(name: string): string | undefined {
  if (Buffer.byteLength(name) > 32) return "must be <= 32 characters";
  if (name === "") return "must be >= 1 character";
  if (name === "new" || name === "create") return `cannot use "${name}" as a name`;
  return /^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/.test(name) ? undefined : "must be alphanumeric with hyphens";
}

/** Checks a name as the validation tag on the request's field does. */
function workspaceName(name: string): string {
  if (nameFault(name) === undefined) return name;
  const tag = name === "" ? "required" : "workspace_name";
  throw new Refusal(400, "Validation failed.", undefined, [
    { field: "name", detail: `Validation failed for tag "${tag}" with value: "${name}"` },
  ]);
}
