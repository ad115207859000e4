import { rm } from "node:fs/promises";

export default async function teardown() {
  await rm(process.env.TEST_BUNDLES, { recursive: true, force: true });
}
