import { randomBytes } from "node:crypto";
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { CommandError } from "../frame/exit.js";
import { secretsManager } from "./clients.js";
import { probe } from "./deliveries.js";
import { type Hook, readHook, writeHook } from "./hook.js";
import { untilRead, type Waiting } from "./waiting.js";

/**
 * The staging label of the version that GitHub signs with. It lets an interrupted rotation continue where it stopped.
 */
const atGitHub = "AT_GITHUB";

/**
 * Rotates the secret that GitHub signs webhooks with. The relay accepts deliveries at all times: the new value is stored
 * first, and the old one stays accepted until GitHub has used the new one for long enough. If this is interrupted at any
 * point, it is safe to repeat.
 */
export async function rotateWebhookSecret(secretId: string, waiting: Waiting): Promise<void> {
  const { terminal } = waiting;
  const hook = await readHook();
  if (!hook.url) {
    throw new CommandError(
      "failed",
      "The GitHub App has no webhook. Nothing was changed: npm run relay -- doctor",
    );
  }
  const { current, signing } = await versions(secretId);
  if (signing === undefined || signing === current) {
    await label(secretId, current, signing);
    const value = randomBytes(30).toString("hex");
    await secretsManager.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: value }));
    terminal.note("The new value is in Secrets Manager.");
  } else {
    terminal.note(
      "An earlier rotation stored a new value that GitHub doesn't use yet. This rotation continues with that value.",
    );
  }
  await untilRead(waiting, "every Lambda has to accept the new value first");
  await useAtGitHub(secretId, hook);
  terminal.note("GitHub signs with the new value.");
  const answer = await probe();
  if (answer && answer.outcome !== "accepted") {
    throw new CommandError(
      "failed",
      `GitHub signs with the new value, but the relay answered "${answer.outcome}" to a delivery. The old value is still accepted. Find the cause with npm run relay -- doctor.`,
    );
  }
  if (answer) terminal.note("A delivery signed with it has arrived.");
  await untilRead(waiting, "deliveries signed with the old value may still be in flight");
  await retireWebhookSecret(secretId);
}

/** Stops accepting the old value. */
export async function retireWebhookSecret(secretId: string): Promise<void> {
  const { current, signing, previous } = await versions(secretId);
  if (signing !== undefined && signing !== current) {
    throw new CommandError(
      "failed",
      "GitHub still signs with the old value, because a rotation was interrupted. Run rotate webhook-secret without --retire.",
    );
  }
  if (previous === undefined) return;
  const change = { SecretId: secretId, VersionStage: "AWSPREVIOUS", RemoveFromVersionId: previous };
  await secretsManager.send(new UpdateSecretVersionStageCommand(change));
}

async function versions(SecretId: string) {
  const { VersionIdsToStages = {} } = await secretsManager.send(new DescribeSecretCommand({ SecretId }));
  const idOf = (stage: string) =>
    Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(stage))?.[0];
  const current = idOf("AWSCURRENT");
  if (current === undefined) throw new CommandError("failed", `The secret ${SecretId} has no value.`);
  return { current, previous: idOf("AWSPREVIOUS"), signing: idOf(atGitHub) };
}

async function label(SecretId: string, version: string, labelled: string | undefined): Promise<void> {
  if (version === labelled) return;
  const change = { SecretId, VersionStage: atGitHub, MoveToVersionId: version };
  const from = labelled === undefined ? {} : { RemoveFromVersionId: labelled };
  await secretsManager.send(new UpdateSecretVersionStageCommand({ ...change, ...from }));
}

async function useAtGitHub(SecretId: string, hook: Hook): Promise<void> {
  const { SecretString: secret = "", VersionId = "" } = await secretsManager.send(
    new GetSecretValueCommand({ SecretId }),
  );
  await writeHook({ ...hook, secret });
  await label(SecretId, VersionId, (await versions(SecretId)).signing);
}
