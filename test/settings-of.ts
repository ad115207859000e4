import type { FakeCoder } from "../local/fake-coder/fake-coder.js";
import type { FakeGitHub } from "../local/fake-github/fake-github.js";

/** The settings and secrets of a relay in its own process, which takes the fakes for real services. */
export const settingsOf = (gitHub: FakeGitHub, coder: FakeCoder) => ({
  GITHUB_API_URL: gitHub.url,
  CODER_URL: coder.url,
  AGENT_GITHUB_USERNAME: gitHub.agentLogin,
  APP_ID: gitHub.appId,
  PRIVATE_KEY: gitHub.privateKey,
  WEBHOOK_SECRET: gitHub.webhookSecret,
  CODER_TOKEN: coder.token,
});
