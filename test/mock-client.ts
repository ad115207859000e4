import { afterAll } from "@jest/globals";
import { mockClient as mock } from "aws-sdk-client-mock";

const mocks: { restore(): void }[] = [];
afterAll(() => {
  for (const one of mocks) one.restore();
});

/** Mocks all clients of a class until the end of the test file, because the files of a process share the SDK. */
export const mockClient: typeof mock = (client) => {
  const mocked = mock(client);
  mocks.push(mocked);
  return mocked;
};
