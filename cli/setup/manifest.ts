import { appPermissions } from "../../infra/definition/github-app.js";
import { subscribedEvents } from "../../lambdas/model/handled-events.js";

export interface ManifestInput {
  /** At most 34 characters, and unique on the whole host. The person can change it on GitHub's page. */
  name: string;
  /** The App's homepage. */
  homepage: string;
  webhookUrl: string;
  redirectUrl: string;
}

/**
 * The manifest from which GitHub creates the App.
 * https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */
export function manifestOf({ name, homepage, webhookUrl, redirectUrl }: ManifestInput) {
  return {
    name,
    url: homepage,
    description:
      "Turns assigned issues into Coder tasks, and forwards comments and CI failures to their agents",
    public: false,
    redirect_url: redirectUrl,
    hook_attributes: { url: webhookUrl, active: true },
    default_permissions: appPermissions,
    default_events: subscribedEvents,
  };
}
