import { Secret } from "../aws/secret.js";
import { ConfigurationError } from "../model/errors.js";
import { coderEnvironment } from "../runtime/environment.js";
import { measure } from "../runtime/metrics.js";
import { CoderClient } from "./client.js";
import { Coder } from "./coder.js";
import { TaskMarks } from "./mark.js";

const settings = coderEnvironment();
const secret = new Secret(settings.CODER_TOKEN_SECRET_ARN);
const marks = new TaskMarks(new Secret(settings.TASK_MARK_SECRET_ARN, ["AWSCURRENT", "AWSPREVIOUS"]));
let connected: { token: string; coder: Coder } | undefined;

function refuse(): void {
  secret.expire();
  measure("RefusedCredentials", 1);
}

/** The Coder deployment of the settings. Created once per container, and again after the token is rotated. */
export async function connectCoder(): Promise<Coder> {
  const token = await secret.value();
  if (token === "") {
    secret.expire();
    throw new ConfigurationError("The Coder token secret is empty. Put a Coder API token into it.");
  }
  if (connected?.token !== token) {
    const client = new CoderClient(settings.CODER_URL, token, refuse);
    connected = { token, coder: new Coder(client, settings, marks) };
  }
  return connected.coder;
}
