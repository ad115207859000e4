import { type CoderSettings, coderEnvironment } from "../environment.js";
import { ConfigurationError } from "../errors.js";
import { Secret } from "../secrets/secret.js";
import { CoderClient } from "./client.js";
import { CoderDirectory } from "./directory.js";
import type { CoderBackend } from "./port.js";
import { TasksBackend } from "./tasks-backend.js";

export interface Coder {
  settings: CoderSettings;
  directory: CoderDirectory;
  backend: CoderBackend;
}

const settings = coderEnvironment();
const secret = new Secret(settings.CODER_TOKEN_SECRET_ARN);
let connected: { token: string; coder: Coder } | undefined;

/** The Coder deployment of the settings. Made once per container, and again once the token is rotated. */
export async function connectCoder(): Promise<Coder> {
  const token = await secret.value();
  if (token === "") {
    secret.expire();
    throw new ConfigurationError("The Coder token secret is empty. Put a Coder API token into it.");
  }
  if (connected?.token !== token) {
    const client = new CoderClient(settings.CODER_URL, token, () => secret.expire());
    const coder = {
      settings,
      directory: new CoderDirectory(client, settings),
      backend: new TasksBackend(client),
    };
    connected = { token, coder };
  }
  return connected.coder;
}
