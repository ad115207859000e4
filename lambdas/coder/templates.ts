import * as z from "zod/mini";
import {
  ConfigurationError,
  isRefusal,
  PresetNotFoundError,
  TemplateNotFoundError,
} from "../model/errors.js";
import type { Factory } from "../model/plan.js";
import type { CoderSettings } from "../runtime/environment.js";
import type { CoderClient } from "./client.js";
import type { WorkspaceParameter } from "./workspaces.js";

const templateSchema = z.object({ id: z.string(), active_version_id: z.string() });
const organizationSchema = z.object({ id: z.string() });
const parametersSchema = z.nullable(z.array(z.object({ name: z.string() })));

/** Presets are Go structs without JSON tags (`ID`, `Name`, `Default`); the documentation writes them in lower case. */
const presetSchema = z.pipe(
  z.record(z.string(), z.unknown()),
  z.transform((preset: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(preset).map(([key, value]) => [key.toLowerCase(), value])),
  ),
);
type Preset = z.output<typeof presetSchema>;
const presetsSchema = z.nullable(z.array(presetSchema));

/** A template's version, and a preset of its parameters. */
export interface TemplateChoice {
  templateId: string;
  versionId: string;
  presetId?: string;
}

type TemplateSettings = Pick<
  CoderSettings,
  "CODER_ORGANIZATION" | "CODER_TEMPLATE_NAME" | "CODER_TEMPLATE_PRESET" | "CODER_FACTORY_TEMPLATE"
>;

/** The templates of the organization that tasks are created in. */
export class CoderTemplates {
  /** The presets of the version that was last requested. */
  #presets: { versionId: string; presets: Preset[] } | undefined;
  #organization: Promise<string> | undefined;

  constructor(
    private readonly client: CoderClient,
    private readonly settings: TemplateSettings,
  ) {}

  /** The id of the organization of `CODER_ORGANIZATION`. */
  organizationId(): Promise<string> {
    this.#organization ??= this.#findOrganization().catch((error: unknown) => {
      this.#organization = undefined;
      throw error;
    });
    return this.#organization;
  }

  /**
   * The active version of the template to create a task from. With a repository's config, this is the factory template
   * with its default preset; without one, the template and preset in the settings. Returns `undefined` if the settings
   * name none and there is no `fallback`. The active version is read each time.
   */
  async templateFor(factory: Factory | null, fallback?: string): Promise<TemplateChoice | undefined> {
    const { CODER_TEMPLATE_NAME, CODER_TEMPLATE_PRESET } = this.settings;
    if (factory) return this.factoryTemplate();
    const name = CODER_TEMPLATE_NAME ?? fallback;
    return name === undefined
      ? undefined
      : this.#template(name, "CODER_TEMPLATE_NAME", CODER_TEMPLATE_PRESET);
  }

  /** The active version of the factory template, with its default preset. */
  factoryTemplate(): Promise<TemplateChoice> {
    return this.#template(this.settings.CODER_FACTORY_TEMPLATE, "CODER_FACTORY_TEMPLATE", undefined);
  }

  /** The values of a repository's config for which the template has a parameter of the same name. */
  async parametersFor({ versionId }: TemplateChoice, factory: Factory): Promise<WorkspaceParameter[]> {
    const path = `/api/v2/templateversions/${versionId}/rich-parameters`;
    const known = new Set(((await this.client.get(path, parametersSchema)) ?? []).map(({ name }) => name));
    return Object.entries(factory).flatMap(([name, value]) =>
      known.has(name) ? [{ name, value: typeof value === "string" ? value : JSON.stringify(value) }] : [],
    );
  }

  async #template(name: string, setting: string, preset: string | undefined): Promise<TemplateChoice> {
    const { CODER_ORGANIZATION: organization } = this.settings;
    const path = `/api/v2/organizations/${encodeURIComponent(organization)}/templates/${encodeURIComponent(name)}`;
    const template = await this.client.get(path, templateSchema).catch((error: unknown) => {
      if (!isRefusal(error, 404)) throw error;
      throw new TemplateNotFoundError(
        `Coder has no template "${name}" in the organization "${organization}", or the token may not see it. Set ${setting} and CODER_ORGANIZATION to one that exists.`,
      );
    });
    const versionId = template.active_version_id;
    const presetId = await this.#preset(versionId, name, preset);
    return { templateId: template.id, versionId, ...(presetId !== undefined && { presetId }) };
  }

  async #preset(
    versionId: string,
    template: string,
    wanted: string | undefined,
  ): Promise<string | undefined> {
    const presets = await this.#presetsOf(versionId);
    const preset = presets.find(({ name, default: isDefault }) =>
      wanted === undefined ? isDefault === true : name === wanted,
    );
    if (preset) return String(preset.id);
    if (wanted === undefined) return undefined;
    const names = presets.map(({ name }) => `"${name}"`).join(", ") || "none";
    throw new PresetNotFoundError(
      `The template "${template}" has no preset "${wanted}". It has: ${names}. Set CODER_TEMPLATE_PRESET to one of them, or leave it out for the default one.`,
    );
  }

  /** A template's version never changes, and neither do its presets. */
  async #presetsOf(versionId: string): Promise<Preset[]> {
    if (this.#presets?.versionId === versionId) return this.#presets.presets;
    const path = `/api/v2/templateversions/${versionId}/presets`;
    const presets = (await this.client.get(path, presetsSchema)) ?? [];
    this.#presets = { versionId, presets };
    return presets;
  }

  async #findOrganization(): Promise<string> {
    const name = this.settings.CODER_ORGANIZATION;
    try {
      const path = `/api/v2/organizations/${encodeURIComponent(name)}`;
      return (await this.client.get(path, organizationSchema)).id;
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
      throw new ConfigurationError(
        `Coder has no organization "${name}", or the token's user is not a member of it. Set CODER_ORGANIZATION to one that exists, and add the user to it.`,
      );
    }
  }
}
