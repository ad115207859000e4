import { Argument } from "@commander-js/extra-typings";
import {
  defaultQualifier,
  executionPolicy,
  pipelinePolicy,
  pipelineTrust,
} from "../../infra/definition/deploy-policy.js";
import { CommandError } from "../frame/exit.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

const kinds = ["cloudformation", "pipeline", "trust"] as const;

export const policy = ({ terminal }: Session) =>
  relayCommand("policy", {
    summary: "Print the IAM policies that a deployment needs",
    details:
      "cloudformation: for cdk bootstrap --cloudformation-execution-policies. pipeline: for the role of GitHub Actions. trust: who may assume that role. Calls no service.",
    examples: [
      "policy cloudformation --account 123456789012 --region eu-central-1",
      "policy trust --account 123456789012 --repository octo-org/relay --environment production",
    ],
  })
    .addArgument(new Argument("<kind>", "which policy").choices(kinds))
    .requiredOption("--account <id>", "the AWS account")
    .option("--qualifier <qualifier>", "the qualifier of cdk bootstrap", defaultQualifier)
    .option("--partition <partition>", "the AWS partition", "aws")
    .option("--repository <owner/name>", "for trust: the repository of the workflow")
    .option("--environment <name>", "for trust: the environment that the workflow deploys to", "production")
    .action((kind, options) => {
      const { account, qualifier, partition, repository, environment, stack: stackName } = options;
      const region = options.region ?? process.env.AWS_REGION ?? "";
      if (!/^\d{12}$/.test(account)) throw new CommandError("usage", "--account needs twelve digits.");
      if (kind !== "trust" && region === "")
        throw new CommandError("usage", "Add --region, or set AWS_REGION.");
      const place = { stackName, account, region, partition };
      const make = {
        cloudformation: () => executionPolicy(place, qualifier),
        pipeline: () => pipelinePolicy(place, qualifier),
        trust: () => {
          if (repository?.split("/").length === 2) return pipelineTrust(place, repository, environment);
          throw new CommandError(
            "usage",
            "trust needs --repository, for example --repository octo-org/relay.",
          );
        },
      };
      const document = make[kind]();
      terminal.result(document, JSON.stringify(document, undefined, 2));
    });
