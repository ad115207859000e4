import { expect, test } from "@jest/globals";
import { retryPolicies } from "../../../infra/definition/flow-source.js";
import { passingTroubles } from "../../../lambdas/model/errors.js";

test("the errors that an outage explains are those that the policies for outages and limits retry", () => {
  const { transient, rateLimited } = retryPolicies.everyLambda;
  expect([...passingTroubles].sort()).toEqual(
    [...(transient?.ErrorEquals ?? []), ...(rateLimited?.ErrorEquals ?? [])].sort(),
  );
});
