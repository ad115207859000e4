import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { HttpServer } from "../../local/http/http-server.js";
import { World } from "./support.js";

let world: World;
/** A server that is neither GitHub nor Coder. */
let elsewhere: HttpServer;
beforeEach(async () => {
  world = await World.start();
  elsewhere = new HttpServer();
  await elsewhere.listen();
});
afterEach(async () => {
  await world.close();
  await elsewhere.close();
});

const redirect = (status: number) => ({ status, headers: { location: `${elsewhere.url}/take-it` } });

test("a proxy in front of Coder that redirects gets no token; the issue and the run name the setting", async () => {
  world.coder.http.fail({ path: /^\/api\//, times: 1000, ...redirect(302) });
  const issue = await world.openIssue();
  await world.assign(issue);
  expect(await world.untilStatus(issue, "has failed")).toContain("Set CODER_URL");
  expect(await world.idle()).toMatchObject([{ status: "FAILED", error: "NotCoderError" }]);
  expect(elsewhere.calls).toEqual([]);
});

test("a redirect from GitHub to another origin is followed without the App's tokens", async () => {
  world.gitHub.http.fail({ path: /\/permission$/, ...redirect(301) });
  const issue = await world.openIssue();
  await world.assign(issue);
  await world.idle();
  expect(elsewhere.calls.length).toBeGreaterThan(0);
  for (const { headers } of elsewhere.calls) {
    expect(headers.authorization).toBeUndefined();
    expect(headers.cookie).toBeUndefined();
  }
});
