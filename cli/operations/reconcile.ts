import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { z } from "zod";
import { actions } from "../../infra/definition/actions.js";
import { type Deployment, functionName } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";

const resultSchema = z.object({
  /** `paused`: the next run continues with the rest. `busy`: another run is in progress. */
  outcome: z.enum(["complete", "paused", "busy"]),
  reason: z.string().optional(),
  repositories: z.number(),
  gaps: z.array(z.object({ gap: z.string(), execution: z.string() })),
});
export type Reconciliation = z.output<typeof resultSchema>;

const errorSchema = z.object({ errorType: z.string(), errorMessage: z.string() });

/** The input of λ reconcile. */
export interface ReconcileRequest {
  /** Only reports which flows it would start. */
  dryRun: boolean;
  /** Younger events are skipped: their webhook may still be in flight. */
  minimumAgeSeconds: number;
}

/** Calls λ reconcile and waits for its result. */
export async function reconcile(deployment: Deployment, request: ReconcileRequest): Promise<Reconciliation> {
  // One attempt, because a second one would only find the first still running.
  const client = new LambdaClient({
    maxAttempts: 1,
    requestHandler: { requestTimeout: actions.reconcile.timeoutSeconds * 1000 + 10_000 },
  });
  const { Payload, FunctionError } = await client.send(
    new InvokeCommand({
      FunctionName: functionName(deployment, "reconcile"),
      Payload: JSON.stringify(request),
    }),
  );
  const result: unknown = JSON.parse(Buffer.from(Payload ?? "null").toString("utf8"));
  if (FunctionError === undefined) return resultSchema.parse(result);
  const { errorType, errorMessage } = errorSchema.parse(result);
  throw new CommandError("failed", `λ reconcile has failed: ${errorType}: ${errorMessage}`);
}
