import { App } from "aws-cdk-lib";
import { bundleLambdas } from "coder-task-relay";
import { PlatformStack } from "./platform-stack.js";

/** `"app": "node --import tsx app.ts"` in cdk.json. */
const lambdas = "cdk.out/relay-lambdas";
await bundleLambdas({ outdir: lambdas });
new PlatformStack(new App(), "Platform", { stackName: "platform", lambdas });
