import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Lambda } from "../../../local/aws/lambda/lambda.js";
import { exampleCredentials as credentials } from "../../../local/aws/protocol/signature.js";
import { failure } from "../../../local/lambda-host/lambda-error.mjs";

const lambda = new Lambda({
  names: ["relay-reconcile", "relay-broken"],
  invoke: async (name, payload) => {
    if (name === "relay-broken") throw failure("TypeError", "It is broken");
    return { name, payload };
  },
});
let client: LambdaClient;
beforeAll(async () => {
  client = new LambdaClient({ region: "us-east-1", endpoint: await lambda.listen(), credentials });
});
afterAll(async () => {
  client.destroy();
  await lambda.close();
});

const invoke = (FunctionName: string, more: object = {}) =>
  client.send(new InvokeCommand({ FunctionName, ...more }));
const text = (payload: Uint8Array | undefined) => Buffer.from(payload ?? "").toString("utf8");

test("returns what the function returns, by its name or ARN", async () => {
  const Payload = JSON.stringify({ dryRun: true });
  const result = { name: "relay-reconcile", payload: { dryRun: true } };
  for (const name of ["relay-reconcile", "arn:aws:lambda:us-east-1:000000000000:function:relay-reconcile"]) {
    const answer = await invoke(name, { Payload });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(answer.FunctionError).toBeUndefined();
    expect(JSON.parse(text(answer.Payload))).toEqual(result);
  }
});

test("reports what the function throws, as Lambda does", async () => {
  const { StatusCode, FunctionError, Payload } = await invoke("relay-broken");
  expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 200, FunctionError: "Unhandled" });
  expect(JSON.parse(text(Payload))).toEqual({
    errorType: "TypeError",
    errorMessage: "It is broken",
    trace: [],
  });
});

test("refuses what Lambda refuses, and what the local endpoint cannot do", async () => {
  await expect(invoke("relay-other")).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:relay-other",
  });
  await expect(invoke("relay-reconcile", { Payload: "{" })).rejects.toMatchObject({
    name: "InvalidRequestContentException",
  });
  await expect(invoke("relay-reconcile", { InvocationType: "Event" })).rejects.toMatchObject({
    name: "InvalidParameterValueException",
  });
  const configuration = new GetFunctionConfigurationCommand({ FunctionName: "relay-reconcile" });
  await expect(client.send(configuration)).rejects.toMatchObject({ name: "UnknownOperationException" });
  const guess = new LambdaClient({
    region: "us-east-1",
    endpoint: lambda.url,
    credentials: { accessKeyId: "local", secretAccessKey: "guess" },
  });
  await expect(guess.send(new InvokeCommand({ FunctionName: "relay-reconcile" }))).rejects.toMatchObject({
    name: "InvalidSignatureException",
  });
  guess.destroy();
});
