import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { CommandError } from "../frame/exit.js";

/** Runs `cdk deploy`. The CDK shows the roles that it will create and asks, unless the person has already agreed. */
export async function deployWithCdk(
  settings: Readonly<Record<string, string>>,
  { isAgreed }: { isAgreed: boolean },
): Promise<void> {
  const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
  const args = [cdk, "deploy", ...(isAgreed ? ["--require-approval", "never"] : [])];
  // Its output is progress, so send it to stderr; stdout is only for results.
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...settings },
    stdio: ["inherit", 2, 2],
  });
  const [code] = await once(child, "exit");
  if (code === 0) return;
  throw new CommandError(
    "failed",
    `cdk deploy ended with ${code}; its output above says why. Fix that, and run setup again: it continues where it stopped.`,
  );
}
