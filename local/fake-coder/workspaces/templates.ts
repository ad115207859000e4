import { randomUUID } from "node:crypto";
import { type CoderApi, notFound } from "../api/coder-api.js";
import type { FakeOrganization, Organizations } from "../users/organizations.js";

export interface NewPreset {
  name: string;
  default?: boolean;
}

export interface NewTemplate {
  name: string;
  /** Created if it doesn't exist. Default: the default organization. */
  organization?: string;
  presets?: NewPreset[] | null;
  /** The names of its parameters, which all have defaults. */
  parameters?: string[];
  /** The deprecation message, or true for a default message. */
  deprecated?: boolean | string;
  /** Whether its version defines `coder_ai_task`. Default: true. */
  aiTask?: boolean;
  /** Whether a parameter has no default, so that a preset is required. */
  needsPreset?: boolean;
}

export interface FakePreset {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
}

export interface FakeTemplateVersion {
  readonly id: string;
  readonly template: FakeTemplate;
  readonly presets: readonly FakePreset[];
}

export interface FakeTemplate {
  readonly id: string;
  readonly name: string;
  readonly organization: FakeOrganization;
  /** Empty if the template is not deprecated. */
  deprecation: string;
  readonly aiTask: boolean;
  readonly needsPreset: boolean;
  readonly parameters: readonly string[];
  readonly createdAt: string;
  /** The newest version is the last one, and is active. */
  readonly versions: FakeTemplateVersion[];
}

/** Templates, their versions and the versions' presets. */
export class Templates {
  readonly #all: FakeTemplate[] = [];

  constructor(private readonly organizations: Organizations) {}

  add(input: NewTemplate): FakeTemplate {
    const template: FakeTemplate = {
      id: randomUUID(),
      name: input.name,
      organization: this.organizations.named(input.organization ?? "default"),
      deprecation: input.deprecated === true ? "Use another template." : input.deprecated || "",
      aiTask: input.aiTask ?? true,
      needsPreset: input.needsPreset ?? false,
      parameters: input.parameters ?? [],
      createdAt: new Date().toISOString(),
      versions: [],
    };
    this.#all.push(template);
    this.publish(template, input.presets);
    return template;
  }

  /** Adds a new active version. Its presets get new ids, as in Coder. */
  publish(template: FakeTemplate, presets?: NewPreset[] | null): FakeTemplateVersion {
    const version = {
      id: randomUUID(),
      template,
      presets: (presets ?? []).map((preset) => ({
        id: randomUUID(),
        name: preset.name,
        isDefault: preset.default ?? false,
      })),
    };
    template.versions.push(version);
    return version;
  }

  version(id: string): FakeTemplateVersion | undefined {
    return this.#all.flatMap(({ versions }) => versions).find((version) => version.id === id.toLowerCase());
  }

  byId(id: string): FakeTemplate | undefined {
    return this.#all.find((template) => template.id === id);
  }

  routes(api: CoderApi): void {
    api.route("GET", "/api/v2/organizations/:organization/templates", ({ params }) => {
      const organization = this.organizations.find(params.organization ?? "");
      if (!organization) throw notFound();
      const theirs = this.#all.filter((one) => one.organization === organization);
      return { status: 200, body: theirs.map(json) };
    });
    api.route("GET", "/api/v2/organizations/:organization/templates/:template", ({ params }) => {
      const organization = this.organizations.find(params.organization ?? "");
      const name = params.template?.toLowerCase();
      const template = this.#all.find(
        (one) => one.organization === organization && one.name.toLowerCase() === name,
      );
      if (!template) throw notFound();
      return { status: 200, body: json(template) };
    });
    api.route("GET", "/api/v2/templateversions/:version/presets", ({ params }) => {
      const version = this.version(params.version ?? "");
      if (!version) throw notFound();
      return { status: 200, body: presetsJson(version) };
    });
    api.route("GET", "/api/v2/templateversions/:version/rich-parameters", ({ params }) => {
      const version = this.version(params.version ?? "");
      if (!version) throw notFound();
      return { status: 200, body: parametersOf(version.template) };
    });
  }
}

function json(template: FakeTemplate) {
  return {
    id: template.id,
    name: template.name,
    display_name: "",
    description: "",
    icon: "",
    organization_id: template.organization.id,
    organization_name: template.organization.name,
    active_version_id: template.versions.at(-1)?.id,
    deprecated: template.deprecation !== "",
    deprecation_message: template.deprecation,
    created_at: template.createdAt,
    updated_at: template.createdAt,
  };
}

/** The parameter without a default, which presets set. */
const requiredParameter = "size";

/** https://coder.com/docs/reference/api/templates#get-rich-parameters-by-template-version */
function parametersOf({ parameters, needsPreset }: FakeTemplate) {
  const required = needsPreset ? [requiredParameter] : [];
  return [...parameters, ...required].map((name) => ({
    name,
    display_name: "",
    description: "",
    type: "string",
    mutable: true,
    default_value: "",
    required: required.includes(name),
  }));
}

/** codersdk.Preset has no JSON tags, hence the capitals; an empty list is a nil slice, hence the `null`. */
function presetsJson({ presets, template }: FakeTemplateVersion) {
  if (presets.length === 0) return null;
  return presets.map(({ id, name, isDefault }) => ({
    ID: id,
    Name: name,
    Parameters: template.needsPreset ? [{ Name: requiredParameter, Value: "large" }] : [],
    Default: isDefault,
    DesiredPrebuildInstances: null,
    Description: "",
    Icon: "",
  }));
}
