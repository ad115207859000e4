import { z } from "zod";
import { CommandError } from "../frame/exit.js";

const userSchema = z.object({
  username: z.string(),
  roles: z
    .array(z.object({ name: z.string() }))
    .nullish()
    .transform((roles) => (roles ?? []).map(({ name }) => name)),
});
const buildSchema = z.object({ version: z.string() });
const templatesSchema = z.array(z.object({ name: z.string() })).nullish();

/** Coder rejects the token. */
export class TokenRefusedError extends CommandError {}

export interface CoderFindings {
  version: string;
  user: string;
  isOwner: boolean;
  hasTasks: boolean;
  hasChats: boolean;
  templates: string[];
}

/**
 * Inspects a Coder deployment with a token.
 *
 * @throws {TokenRefusedError} if Coder rejects the token.
 * @throws {CommandError} if Coder can't be reached.
 */
export async function inspectCoder(url: string, token: string, organization: string): Promise<CoderFindings> {
  const ask = (path: string) => get(url, token, path);
  const [build, user, templates] = await Promise.all([
    required(ask, "/api/v2/buildinfo", buildSchema, url),
    required(ask, "/api/v2/users/me", userSchema, url),
    required(
      ask,
      `/api/v2/organizations/${encodeURIComponent(organization)}/templates`,
      templatesSchema,
      url,
    ),
  ]);
  const [hasTasks, chats, oldChats] = await Promise.all(
    ["/api/v2/tasks?q=owner:me", "/api/v2/chats?limit=1", "/api/experimental/chats?limit=1"].map(
      async (path) => (await ask(path)).status !== 404,
    ),
  );
  return {
    version: build.version,
    user: user.username,
    isOwner: user.roles.includes("owner"),
    hasTasks: hasTasks === true,
    hasChats: chats === true || oldChats === true,
    templates: (templates ?? []).map(({ name }) => name),
  };
}

async function required<Schema extends z.ZodType>(
  ask: (path: string) => Promise<Response>,
  path: string,
  schema: Schema,
  url: string,
): Promise<z.output<Schema>> {
  const response = await ask(path);
  if (response.status === 401) {
    throw new TokenRefusedError(
      "failed",
      `Coder at ${url} doesn't accept the token: it is mistyped, expired or from another deployment. Create one with coder tokens create, and run setup again.`,
    );
  }
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (response.ok && parsed.success) return parsed.data;
  throw new CommandError(
    "failed",
    `${url} answered ${response.status} to GET ${path}; expected a Coder deployment. Check CODER_URL, and run setup again.`,
  );
}

async function get(url: string, token: string, path: string): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, {
      headers: { "coder-session-token": token, accept: "application/json" },
      // A redirect could send the token elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(20_000),
    });
  } catch (error) {
    const { cause, message } = error instanceof Error ? error : new Error(String(error));
    throw new CommandError(
      "failed",
      `Coder at ${url} can't be reached (${cause instanceof Error ? cause.message : message}). Check CODER_URL and the network, and run setup again.`,
    );
  }
}
