import { Argument } from "@commander-js/extra-typings";
import {
  defaultQualifier,
  executionPolicy,
  pipelinePolicy,
  pipelineTrust,
} from "../../infra/definition/deploy-policy.js";
import { CommandError } from "../frame/exit.js";
import { isRegion, matching } from "../frame/matching.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

const kinds = ["cloudformation", "pipeline", "trust"] as const;

// The values become parts of policies, in which an asterisk widens the rights.
const checkedAccount = matching(/^\d{12}$/, "the twelve digits of an account's id, such as 123456789012");
const checkedQualifier = matching(/^[\w-]{1,10}$/, "the qualifier of a bootstrap, such as hnb659fds");
const checkedPartition = matching(
  /^aws(?:-[a-z]{1,10}){0,3}$/,
  "a partition, such as aws, aws-cn or aws-us-gov",
);
const checkedRepository = matching(/^[\w-]{1,39}\/[\w.-]{1,100}$/, "owner/name, such as octo-org/relay");
const checkedEnvironment = matching(
  /^[^\p{Cc}*?]{1,255}$/u,
  "the name of an environment, such as production",
);

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
    .requiredOption("--account <id>", "the AWS account", checkedAccount)
    .option("--qualifier <qualifier>", "the qualifier of cdk bootstrap", checkedQualifier, defaultQualifier)
    .option("--partition <partition>", "the AWS partition", checkedPartition, "aws")
    .option("--repository <owner/name>", "for trust: the repository of the workflow", checkedRepository)
    .option(
      "--environment <name>",
      "for trust: the environment that the workflow deploys to",
      checkedEnvironment,
      "production",
    )
    .action((kind, options) => {
      const { account, qualifier, partition, repository, environment, stack: stackName } = options;
      const region = options.region ?? process.env.AWS_REGION ?? "";
      if (kind !== "trust" && !isRegion(region)) {
        const wrong = region === "" ? "No AWS region is set" : `AWS_REGION is ${region}, which is no region`;
        throw new CommandError(
          "usage",
          `${wrong}. Add --region eu-central-1, for example, or set AWS_REGION.`,
        );
      }
      const place = { stackName, account, region, partition };
      const make = {
        cloudformation: () => executionPolicy(place, qualifier),
        pipeline: () => pipelinePolicy(place, qualifier),
        trust: () => {
          if (repository !== undefined) return pipelineTrust(place, repository, environment);
          throw new CommandError(
            "usage",
            "trust needs --repository, for example --repository octo-org/relay.",
          );
        },
      };
      const document = make[kind]();
      terminal.result(document, JSON.stringify(document, undefined, 2));
    });
