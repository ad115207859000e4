import { fileURLToPath } from "node:url";
import { App, CfnOutput, type Environment, Validations } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { AwsSolutionsChecks } from "cdk-nag";
import { bundleLambdas } from "./bundling/bundle.js";
import { parseSettings, SettingsError } from "./definition/settings.js";
import { hashOfSources } from "./definition/sources.js";
import { RelayStack } from "./stack/stack.js";

const outdir = fileURLToPath(new URL("../dist/stack", import.meta.url));

/** The account that the CDK CLI has credentials for. Without credentials, the template works in any account. */
function deployTarget(): { env?: Environment } {
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  return account && region ? { env: { account, region } } : {};
}

async function main(): Promise<void> {
  const app = new App();
  const settings = parseSettings({
    environment: process.env,
    context: (name) => app.node.tryGetContext(name),
  });
  await bundleLambdas({ outdir });
  const stack = new RelayStack(app, "Relay", {
    ...deployTarget(),
    settings,
    lambdaCode: (name) => Code.fromAsset(`${outdir}/${name}`),
  });
  new CfnOutput(stack, "Sources", {
    value: hashOfSources(),
    description: "A hash of the stack's sources, which npm run relay -- doctor compares with the checkout.",
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
