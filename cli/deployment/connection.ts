import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CommandError } from "../frame/exit.js";
import type { Deployment } from "./deployment.js";

/** The file in the local system's folder that says how to reach it; `local/system/connection.ts` writes it. */
const connectionFile = "connection.json";

const texts = z.record(z.string(), z.string());
const schema = z.object({ outputs: texts, environment: texts });

/**
 * The system that `npm start` is running, found by the file in its folder.
 *
 * @throws {CommandError} if none is running.
 */
export async function findLocal(folder: string): Promise<Deployment> {
  const { outputs, environment } = await readConnection(folder);
  return {
    title: `the local system in ${folder}`,
    isLocal: true,
    region: environment.AWS_REGION ?? "",
    stackName: "coder-task-relay",
    account: "000000000000",
    partition: "aws",
    outputs,
    environment,
  };
}

async function readConnection(folder: string): Promise<z.output<typeof schema>> {
  const notRunning = (reason: string) =>
    new CommandError(
      "unreachable",
      `No local system is running in ${folder}: ${reason}. Start one with npm start, or set LOCAL_STATE_DIR to its folder.`,
    );
  let text: string;
  try {
    text = readFileSync(join(folder, connectionFile), "utf8");
  } catch {
    throw notRunning(`it has no ${connectionFile}`);
  }
  const parsed = schema.safeParse(json(text));
  if (!parsed.success) throw notRunning(`its ${connectionFile} is from another version`);
  // A killed system leaves the file behind.
  const endpoint = parsed.data.environment.AWS_ENDPOINT_URL_SFN ?? "";
  try {
    await fetch(endpoint);
  } catch {
    throw notRunning(`the system that ${connectionFile} describes has ended`);
  }
  return parsed.data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
