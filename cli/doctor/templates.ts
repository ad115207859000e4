import { z } from "zod";
import type { CoderClient } from "../../lambdas/coder/client.js";
import { defaultTemplate } from "../../lambdas/coder/tasks/tasks-backend.js";
import { CoderTemplates, type TemplateChoice } from "../../lambdas/coder/templates.js";
import {
  ConfigurationError,
  PresetNotFoundError,
  TemplateNotFoundError,
} from "../../lambdas/model/errors.js";
import { backendOf, connect } from "./coder-deployment.js";
import { type Check, fault, ok, type Result, unknown } from "./finding.js";

/** `required` means that there is no default. */
const parametersSchema = z
  .array(z.object({ name: z.string(), required: z.boolean().default(false) }))
  .nullable();

/** Presets are Go structs without JSON tags. */
const presetsSchema = z
  .array(z.object({ ID: z.string(), Parameters: z.array(z.object({ Name: z.string() })).nullable() }))
  .nullable();

/** Coder itself sets this parameter for a task. */
const promptParameter = "AI Prompt";

export const templates: Check = {
  name: "Templates",
  async run(deployment) {
    const { client, settings } = await connect(deployment);
    const found = new CoderTemplates(client, settings);
    try {
      await found.organizationId();
      const fallback = (await backendOf(client, settings)) === "tasks" ? defaultTemplate : undefined;
      const name = settings.CODER_TEMPLATE_NAME ?? fallback;
      const choice = await found.templateFor(null, fallback);
      const result = choice
        ? await judge(client, `the template ${name}`, choice)
        : ok("the agent picks the template");
      return [result, await factoryTemplate(found, settings.CODER_FACTORY_TEMPLATE)];
    } catch (error) {
      if (!isSetting(error)) throw error;
      return [
        fault(error.message, "Correct the setting and deploy again, or create the missing item in Coder."),
      ];
    }
  },
};

function isSetting(error: unknown): error is Error {
  const kinds = [ConfigurationError, PresetNotFoundError, TemplateNotFoundError];
  return kinds.some((kind) => error instanceof kind);
}

/** A workspace can be created only if each parameter has a default or a value in the preset. */
async function judge(
  client: CoderClient,
  title: string,
  { versionId, presetId }: TemplateChoice,
): Promise<Result> {
  const version = `/api/v2/templateversions/${versionId}`;
  const [parameters, presets] = await Promise.all([
    client.get(`${version}/rich-parameters`, parametersSchema),
    client.get(`${version}/presets`, presetsSchema),
  ]);
  const preset = presets?.find(({ ID }) => ID === presetId)?.Parameters ?? [];
  const given = [promptParameter, ...preset.map(({ Name }) => Name)];
  const open = (parameters ?? []).filter(({ name, required }) => required && !given.includes(name));
  if (open.length === 0) return ok(`${title} can be used`);
  return fault(
    `${title} has parameters without a default or a value in the preset: ${open.map(({ name }) => name).join(", ")}`,
    "Give them defaults in the template, or set CODER_TEMPLATE_PRESET to a preset that sets them.",
  );
}

/** Only repositories with a config file need it. */
async function factoryTemplate(found: CoderTemplates, name: string): Promise<Result> {
  try {
    await found.factoryTemplate();
    return ok(`the template ${name} for repositories with a config file exists`);
  } catch (error) {
    if (!(error instanceof TemplateNotFoundError)) throw error;
    return unknown(`there is no template ${name}, so repositories with a config file can't get tasks`);
  }
}
