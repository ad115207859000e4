import * as z from "zod/mini";
import { knownAccounts } from "../aws/known-accounts.js";
import { isRefusal, NoCoderUserError, PresetNotFoundError, TemplateNotFoundError } from "../model/errors.js";
import type { Person } from "../model/event.js";
import type { Factory } from "../model/plan.js";
import type { CoderSettings } from "../runtime/environment.js";
import type { CoderClient } from "./client.js";

const userSchema = z.object({
  id: z.string(),
  username: z.string(),
  status: z._default(z.string(), "active"),
});
/** The site-wide roles of a user (codersdk/users.go). */
const serviceUserSchema = z.extend(userSchema, {
  roles: z._default(z.nullable(z.array(z.object({ name: z.string() }))), []),
});
const usersSchema = z.object({ users: z.nullable(z.array(userSchema)) });
const templateSchema = z.object({ id: z.string(), active_version_id: z.string() });

/** Presets come as Go structs without JSON tags (`ID`, `Name`, `Default`), in lower case by the documentation. */
const presetSchema = z.pipe(
  z.record(z.string(), z.unknown()),
  z.transform((preset: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(preset).map(([key, value]) => [key.toLowerCase(), value])),
  ),
);
type Preset = z.output<typeof presetSchema>;
const presetsSchema = z.nullable(z.array(presetSchema));

const parametersSchema = z.nullable(z.array(z.object({ name: z.string() })));

/** What something is made from: a template's version, and a preset of its parameters. */
export interface TemplateChoice {
  templateId: string;
  versionId: string;
  presetId?: string;
}

export interface CoderUser {
  id: string;
  username: string;
}

/** Whom and what a Coder deployment knows: users, templates, presets. */
export class CoderDirectory {
  /** Those of the version that was asked for last. */
  #presets: { versionId: string; presets: Preset[] } | undefined;
  #me: Promise<CoderUser> | undefined;

  constructor(
    private readonly client: CoderClient,
    private readonly settings: CoderSettings,
  ) {}

  /**
   * The Coder user of a GitHub user: by GitHub's id where exactly one active user is linked to it, else by
   * `CODER_USER_MAP`. Throws a `NoCoderUserError` that says what to do.
   */
  async userOf(person: Person): Promise<CoderUser> {
    const { id, login } = person;
    const linked = await this.#linkedTo(id);
    const active = linked.filter(({ status }) => status === "active");
    const [only] = active;
    if (only && active.length === 1) return only;

    const mapped = await this.#mapped(person);
    if (mapped !== undefined) return this.#activeUser(mapped, login);
    if (active.length > 1)
      throw noUser(login, "several active Coder users are linked to this GitHub account");
    if (linked.length > 0) throw noUser(login, "the linked Coder user is not active");
    throw noUser(login, "no Coder user is linked to this GitHub account");
  }

  /**
   * The Coder user that the settings name for this very account. GitHub has told the person's login and id: that is
   * whom the login means from then on, whoever may take it over.
   */
  async #mapped(person: Person): Promise<string | undefined> {
    for (const [login, user] of this.settings.CODER_USER_MAP) {
      if (await knownAccounts().isNamed(person, login, async () => person.id)) return user;
    }
    return undefined;
  }

  /**
   * The user who works where nobody in particular does: that of `CODER_SERVICE_USER`. Never a site Owner, whose rights
   * every job of every repository would have. Throws a `NoCoderUserError` that says what to do.
   */
  async serviceUser(): Promise<CoderUser> {
    const name = this.settings.CODER_SERVICE_USER;
    if (name === undefined) throw noServiceUser("CODER_SERVICE_USER is not set");
    const path = `/api/v2/users/${encodeURIComponent(name)}`;
    const user = await this.client.get(path, serviceUserSchema).catch((error: unknown) => {
      if (!isRefusal(error, 400, 404)) throw error;
      throw noServiceUser("CODER_SERVICE_USER names no Coder user, or none that the token may see");
    });
    if (user.status !== "active") throw noServiceUser("the user of CODER_SERVICE_USER is not active");
    if (user.roles?.some((role) => role.name === "owner")) {
      throw noServiceUser("the user of CODER_SERVICE_USER is a site Owner");
    }
    return user;
  }

  isServiceUser(username: string): boolean {
    return this.settings.CODER_SERVICE_USER?.toLowerCase() === username.toLowerCase();
  }

  /** The user of the token. */
  me(): Promise<CoderUser> {
    this.#me ??= this.client.get("/api/v2/users/me", userSchema).catch((error: unknown) => {
      this.#me = undefined;
      throw error;
    });
    return this.#me;
  }

  /**
   * The active version, read anew each time, of the template that a repository's config stands for, with its default
   * preset; without a config, that of the settings, with the preset of the settings. `undefined` where these name
   * none, and there is no `fallback` either.
   */
  async templateFor(factory: Factory | null, fallback?: string): Promise<TemplateChoice | undefined> {
    const { CODER_FACTORY_TEMPLATE, CODER_TEMPLATE_NAME, CODER_TEMPLATE_PRESET } = this.settings;
    if (factory) return this.#template(CODER_FACTORY_TEMPLATE, "CODER_FACTORY_TEMPLATE", undefined);
    const name = CODER_TEMPLATE_NAME ?? fallback;
    return name === undefined
      ? undefined
      : this.#template(name, "CODER_TEMPLATE_NAME", CODER_TEMPLATE_PRESET);
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

  /** A template's version never changes, and so neither do its presets. */
  async #presetsOf(versionId: string): Promise<Preset[]> {
    if (this.#presets?.versionId === versionId) return this.#presets.presets;
    const path = `/api/v2/templateversions/${versionId}/presets`;
    const presets = (await this.client.get(path, presetsSchema)) ?? [];
    this.#presets = { versionId, presets };
    return presets;
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

  /** What a template's version may be given, by name. */
  async parametersOf(versionId: string): Promise<string[]> {
    const path = `/api/v2/templateversions/${versionId}/rich-parameters`;
    return ((await this.client.get(path, parametersSchema)) ?? []).map(({ name }) => name);
  }

  /** Coder knows ids of github.com only, and id 0 would mean "no filter": every user. */
  async #linkedTo(id: number): Promise<z.output<typeof userSchema>[]> {
    if (id <= 0 || isEnterpriseServer(this.settings.GITHUB_API_URL)) return [];
    const query = encodeURIComponent(`github_com_user_id:${id}`);
    return (await this.client.get(`/api/v2/users?q=${query}`, usersSchema)).users ?? [];
  }

  async #activeUser(username: string, login: string): Promise<CoderUser> {
    const path = `/api/v2/users/${encodeURIComponent(username)}`;
    const user = await this.client.get(path, userSchema).catch((error: unknown) => {
      if (!isRefusal(error, 400, 404)) throw error;
      throw noUser(login, "CODER_USER_MAP names a Coder user who does not exist");
    });
    if (user.status === "active") return user;
    throw noUser(login, "CODER_USER_MAP names a Coder user who is not active");
  }
}

/** GitHub Enterprise Server's API is at `https://HOST/api/v3`. */
function isEnterpriseServer(apiUrl: string): boolean {
  return apiUrl.endsWith("/api/v3");
}

/** Without the user's name: the page that this is shown on may be public. */
function noServiceUser(reason: string): NoCoderUserError {
  return new NoCoderUserError(
    `Work that belongs to no person needs a service user: ${reason}. Ask an operator to set CODER_SERVICE_USER to an active Coder user who is no site Owner.`,
  );
}

function noUser(login: string, reason: string): NoCoderUserError {
  return new NoCoderUserError(
    `${login} cannot be given a task: ${reason}. Sign in to Coder with this GitHub account (or link it in Coder under Account, External authentication), or ask an operator to add "${login}=CODERUSER" to CODER_USER_MAP.`,
  );
}
