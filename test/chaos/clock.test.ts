import { afterEach, expect, test } from "@jest/globals";
import { startDynamoDb } from "../../local/aws/dynamodb/dynamodb.js";
import { realNow, setClock } from "./clock.mjs";

afterEach(() => setClock({ base: 0, rate: 1, aheadMs: 0 }));

test("the table's answers show the time of the process's clock, because AWS's clients correct theirs by it", async () => {
  const aheadMs = 3_600_000;
  setClock({ base: 0, rate: 1, aheadMs });
  const table = await startDynamoDb("coder-task-relay");
  const { headers } = await fetch(table.url, { method: "POST" });
  await table.close();
  expect(Date.parse(headers.get("date") ?? "") - realNow()).toBeGreaterThan(aheadMs / 2);
});
