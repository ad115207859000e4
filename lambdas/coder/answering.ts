import * as z from "zod/mini";
import { coderUrlEnvironment } from "../runtime/environment.js";
import { CoderClient } from "./client.js";

/** Resolves if Coder answers; needs no token. Otherwise throws like `CoderClient`. */
export async function checkCoder(): Promise<void> {
  const client = new CoderClient(coderUrlEnvironment().CODER_URL, "");
  await client.get("/api/v2/buildinfo", z.object({ version: z.string() }));
}
