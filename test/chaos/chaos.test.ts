import { expect, test } from "@jest/globals";
import { coders } from "../../local/demo/agents.js";
import { bundles } from "../bundles.js";
import { chaos } from "./chaos.js";

test("random lives end well while everything fails at random and the relay is killed", async () => {
  const { faults, trace } = await chaos({
    seed: 1,
    ms: 8_000,
    lives: 10,
    kills: 1,
    leaves: 0,
    drops: 0.05,
    bundles,
    coder: coders.tasks.coder,
  });
  if (faults.length > 0) console.error(`${trace}`);
  expect(faults).toEqual([]);
});
