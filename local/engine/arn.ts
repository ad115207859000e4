import { EngineError } from "./errors.js";

/** The part after `arn:aws:states:<region>:<account>:` for each kind of resource. */
const resources = {
  // A version or an alias may follow the name.
  stateMachine: /^stateMachine:[^:]{1,80}(:[^:]+)?$/,
  execution: /^execution:[^:]{1,80}:[^:]{1,80}$/,
  mapRun: /^mapRun:[^:/]{1,80}\/[^:/]+:[^:]+$/,
};

/** Throws `InvalidArn`, in the API's words, if the text isn't an ARN of this type of resource. */
export function checkArn(arn: string, type: keyof typeof resources): void {
  const [prefix, partition = "", service, region = "", account = "", ...rest] = arn.split(":");
  const refuse = (reason: string) => new EngineError("InvalidArn", `Invalid Arn: '${reason}'`);
  if (prefix !== "arn" || rest.length === 0) throw refuse(`Invalid ARN prefix: ${arn}`);
  if (!/^aws[\w-]*$/.test(partition) || service !== "states" || !/^[\w-]+$/.test(region)) throw refuse(arn);
  if (!/^\d{12}$/.test(account)) throw refuse(arn);
  if (rest[0] !== type) throw refuse(`Resource type not valid in this context: ${rest[0]}`);
  if (!resources[type].test(rest.join(":"))) throw refuse(arn);
}
