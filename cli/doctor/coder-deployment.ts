import { parseSettings, type Settings } from "../../infra/definition/settings.js";
import { ApiProbe } from "../../lambdas/coder/api-probe.js";
import { CoderClient } from "../../lambdas/coder/client.js";
import { type Backend, backends } from "../../lambdas/model/record.js";
import type { Deployment } from "../deployment/deployment.js";
import { readSecret } from "../operations/clients.js";

/** The Coder deployment of the settings, as the relay's token sees it. */
export async function connect({
  environment,
}: Deployment): Promise<{ settings: Settings; client: CoderClient }> {
  const settings = parseSettings({ environment, context: () => undefined });
  const token = await readSecret(environment.CODER_TOKEN_SECRET_ARN);
  return { settings, client: new CoderClient(settings.CODER_URL, token) };
}

/** The API for new tasks: that of `CODER_BACKEND`, else Tasks if Coder has it, else Chats. */
export async function backendOf(client: CoderClient, { CODER_BACKEND: wanted }: Settings): Promise<Backend> {
  const probe = new ApiProbe(client);
  for (const api of wanted === "auto" ? backends : [wanted]) if (await probe.has(api)) return api;
  throw await probe.missingApiError(wanted);
}
