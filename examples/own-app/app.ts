import { App } from "aws-cdk-lib";
import { bundleLambdas } from "coder-task-relay";
import { PlatformStack } from "./platform-stack.js";

/** cdk.json runs this app with `"app": "node --import tsx app.ts"`. */
const lambdas = "cdk.out/relay-lambdas";
await bundleLambdas({ outdir: lambdas });
new PlatformStack(new App(), "Platform", { stackName: "platform", lambdas });
