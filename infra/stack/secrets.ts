import { CfnOutput, RemovalPolicy, SecretValue, Stack, Validations } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Secret, type SecretProps } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { SecretName } from "../definition/action-spec.js";

interface SecretDefinition extends Pick<SecretProps, "generateSecretString" | "secretStringValue"> {
  /** Its description in the console. */
  description: string;
  /** The environment variable that holds its ARN. */
  variable: string;
  /** What an operator must do with it after the first deployment. */
  instruction: string;
}

/** Don't change a placeholder: CloudFormation would overwrite the operator's value with the new one. */
const placeholder = (text: string) => SecretValue.unsafePlainText(text);

const definitions: Record<SecretName, SecretDefinition> = {
  webhook: {
    description: "The secret that GitHub signs its webhooks with",
    variable: "WEBHOOK_SECRET_ARN",
    instruction: "Generated for you: copy its value into the webhook secret of your GitHub App.",
    generateSecretString: { passwordLength: 40, excludePunctuation: true },
  },
  githubApp: {
    description: "Id and private key of the GitHub App",
    variable: "GITHUB_APP_SECRET_ARN",
    instruction:
      'Put {"appId":"<App id>","privateKey":"<the downloaded PEM file, line breaks as \\n>"} of your GitHub App here.',
    secretStringValue: placeholder(JSON.stringify({ appId: "", privateKey: "" })),
  },
  coderToken: {
    description: "The token that the relay calls Coder with",
    variable: "CODER_TOKEN_SECRET_ARN",
    instruction: "Put the Coder API token here, as plain text.",
    secretStringValue: placeholder("put-the-coder-token-here"),
  },
  taskMark: {
    description: "The key of the marks by which the relay recognizes its own tasks",
    variable: "TASK_MARK_SECRET_ARN",
    instruction:
      "Generated for you. Change it only if this stack takes over another stack's tasks: then copy that stack's value.",
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
  },
};

export class Secrets extends Construct {
  readonly #secrets: Record<SecretName, Secret>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.#secrets = {
      webhook: this.#create("webhook", "Webhook"),
      githubApp: this.#create("githubApp", "GitHubApp"),
      coderToken: this.#create("coderToken", "CoderToken"),
      taskMark: this.#create("taskMark", "TaskMark"),
    };
  }

  #create(name: SecretName, id: string): Secret {
    const { variable: _variable, instruction, ...props } = definitions[name];
    const secret = new Secret(this, id, {
      ...props,
      // A deleted stack must not leave credentials behind. All can be reissued in minutes: by the next deployment, on the
      // App's page, or in Coder.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(secret).acknowledge({
      id: "AwsSolutions-SMG4",
      reason:
        "The other end of each secret is a setting that the stack cannot change: the App's webhook secret and private key on GitHub, the token in Coder, the marks in existing tasks. A rotation on this side alone would break the connection. Operators rotate both ends; AWSCURRENT and AWSPREVIOUS are both accepted for webhooks and marks, so there is no downtime.",
    });
    new CfnOutput(Stack.of(this), `${id}SecretArn`, { value: secret.secretArn, description: instruction });
    return secret;
  }

  /** Lets the grantee read this secret's value, and nothing else. */
  grantRead(grantee: IGrantable, name: SecretName): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["secretsmanager:GetSecretValue"],
        resources: [this.#secrets[name].secretArn],
      }),
    );
  }

  /** The environment variables that hold the ARNs of these secrets. */
  environment(names: readonly SecretName[]): Record<string, string> {
    return Object.fromEntries(
      names.map((name) => [definitions[name].variable, this.#secrets[name].secretArn]),
    );
  }
}
