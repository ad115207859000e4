import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code } from "aws-cdk-lib/aws-lambda";
import { z } from "zod";
import { parseSettings } from "../../infra/definition/settings.js";
import { RelayStack } from "../../infra/stack/stack.js";

const resourceSchema = z.object({
  Type: z.string(),
  DeletionPolicy: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const templateSchema = z.object({
  Mappings: z.record(z.string(), z.unknown()),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Description: z.string(), Value: z.unknown() })),
});
export type Resource = z.output<typeof resourceSchema>;
export type TemplateOfStack = z.output<typeof templateSchema>;

/** The stack with a user's settings, without bundling and without the slow validation at synth. */
export function createStack(environment: Record<string, string> = {}): { app: App; stack: RelayStack } {
  const app = new App({ builtinCloudFormationValidation: false, stackTraces: false });
  const stack = new RelayStack(app, "Relay", {
    settings: parseSettings({
      environment: {
        CODER_URL: "https://coder.example.com",
        AGENT_GITHUB_USERNAME: "coder-agent",
        ...environment,
      },
      context: () => undefined,
    }),
    lambdaCode: (name) => Code.fromInline(`export const handler = "${name}";`),
  });
  return { app, stack };
}

export function templateOf(stack: RelayStack): TemplateOfStack {
  return templateSchema.parse(Template.fromStack(stack).toJSON());
}

/** The resources of a type by logical id, without the CDK's hash suffix. */
export function resourcesOf({ Resources }: TemplateOfStack, type: string): Map<string, Resource> {
  const found = Object.entries(Resources).filter(([, resource]) => resource.Type === type);
  return new Map(found.map(([id, resource]) => [withoutHash(id), resource]));
}

/** The properties of the only resource of a type. */
export function propertiesOf(template: TemplateOfStack, type: string): Record<string, unknown> {
  const [resource, ...others] = resourcesOf(template, type).values();
  if (!resource || others.length > 0) throw new Error(`Expected one ${type}, found ${others.length + 1}`);
  return resource.Properties;
}

const withoutHash = (id: string) => id.replace(/[0-9A-F]{8}$/, "");

const intrinsicSchema = z.union([
  z.string(),
  z.object({ Ref: z.string() }).transform(({ Ref }) => withoutHash(Ref)),
  z
    .object({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) })
    .transform((value) => withoutHash(value["Fn::GetAtt"][0])),
  z
    .object({ "Fn::Join": z.tuple([z.literal(""), z.array(z.unknown())]) })
    .transform((value): string => value["Fn::Join"][1].map(textOf).join("")),
]);

/** Narrows a value to an object with any keys. */
export function recordOf(value: unknown): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(value);
}

/** A template string, with every reference replaced by its logical id. */
export function textOf(value: unknown): string {
  return intrinsicSchema.parse(value);
}

/** The environment of a Lambda, by the stem of its logical id: `CreateTask`. */
export function variablesOf(template: TemplateOfStack, lambda: string): Record<string, string> {
  const resource = resourcesOf(template, "AWS::Lambda::Function").get(`${lambda}ActionFunction`);
  const { Variables } = recordOf(resource?.Properties.Environment);
  return Object.fromEntries(
    Object.entries(recordOf(Variables)).map(([name, value]) => [name, textOf(value)]),
  );
}

const oneOrMore = <Item extends z.ZodType>(item: Item) =>
  z.union([item, z.array(item)]).transform((value) => (Array.isArray(value) ? value : [value]));
const policySchema = z.object({
  Roles: z.array(z.unknown()),
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({
        Effect: z.literal("Allow"),
        Action: oneOrMore(z.string()),
        Resource: oneOrMore(z.unknown()),
        Condition: z.unknown().optional(),
      }),
    ),
  }),
});

/** The rights of a role, one line per statement: `actions on resources if condition`, in alphabetical order. */
export function rightsOf(template: TemplateOfStack, role: string): string[] {
  const policies = [...resourcesOf(template, "AWS::IAM::Policy").values()].map(({ Properties }) =>
    policySchema.parse(Properties),
  );
  return policies
    .filter(({ Roles }) => Roles.map(textOf).includes(role))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .map(({ Action, Resource, Condition }) => {
      const condition = Condition === undefined ? "" : ` if ${JSON.stringify(Condition)}`;
      return `${Action.sort().join(" ")} on ${Resource.map(textOf).sort().join(" ")}${condition}`;
    })
    .sort();
}
