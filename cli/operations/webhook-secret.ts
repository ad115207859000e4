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

/** The staging label of the version that GitHub signs with, so that a rotation that breaks off goes on where it was. */
const atGitHub = "AT_GITHUB";

/**
 * Rotates the secret that GitHub signs webhooks with, without a moment in which the relay refuses a delivery: the new value
 * is put first, and the old one stays accepted until GitHub has used the new one for long enough. Safe to repeat after it
 * broke off at any point.
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
      "An earlier rotation has put a new value that GitHub doesn't use yet: it goes on with that one.",
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
  if (answer) terminal.note("A delivery that is signed with it has arrived.");
  await untilRead(waiting, "deliveries that are signed with the old value may still be on their way");
  await retireWebhookSecret(secretId);
}

/** Ends the acceptance of the old value. */
export async function retireWebhookSecret(secretId: string): Promise<void> {
  const { current, signing, previous } = await versions(secretId);
  if (signing !== undefined && signing !== current) {
    throw new CommandError(
      "failed",
      "GitHub still signs with the old value, because a rotation has broken off. Run rotate webhook-secret without --retire.",
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
