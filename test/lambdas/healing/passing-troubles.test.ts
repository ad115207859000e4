import { expect, test } from "@jest/globals";
import { retryPolicies } from "../../../infra/definition/flow-source.js";
import { passingTroubles } from "../../../lambdas/model/errors.js";

test("what an outage explains is what the policies for outages and limits retry", () => {
  const { transient, rateLimited } = retryPolicies.everyLambda;
  expect([...passingTroubles].sort()).toEqual(
    [...(transient?.ErrorEquals ?? []), ...(rateLimited?.ErrorEquals ?? [])].sort(),
  );
});
