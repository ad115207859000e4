import { parseSettings, type Settings } from "../../infra/definition/settings.js";
import { ApiProbe } from "../../lambdas/coder/api-probe.js";
import { CoderClient } from "../../lambdas/coder/client.js";
import { type Backend, backends } from "../../lambdas/model/record.js";
import type { Deployment } from "../deployment/deployment.js";
import { readSecret } from "../operations/secrets.js";

/** The Coder deployment of the settings, as the relay's token sees it. */
export async function connect(deployment: Deployment): Promise<{ settings: Settings; client: CoderClient }> {
  const settings = parseSettings({ environment: deployment.environment, context: () => undefined });
  const token = (await readSecret(deployment, "CoderTokenSecretArn")).trim();
  return { settings, client: new CoderClient(settings.CODER_URL, token) };
}

/** The API for new tasks: the one that `CODER_BACKEND` names; by default Tasks if Coder has it, otherwise Chats. */
export async function backendOf(client: CoderClient, { CODER_BACKEND: wanted }: Settings): Promise<Backend> {
  const probe = new ApiProbe(client);
  for (const api of wanted === "auto" ? backends : [wanted]) if (await probe.has(api)) return api;
  throw await probe.missingApiError(wanted);
}
