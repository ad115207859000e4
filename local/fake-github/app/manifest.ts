import { z } from "zod";
import { asObject } from "../rest/examples.js";

/** https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest */
export const manifestSchema = z.object({
  name: z.string().max(34).optional(),
  url: z.url(),
  hook_attributes: z.object({ url: z.url(), active: z.boolean().default(true) }).optional(),
  redirect_url: z.url(),
  callback_urls: z.array(z.url()).max(10).optional(),
  setup_url: z.url().optional(),
  description: z.string().optional(),
  public: z.boolean().default(false),
  default_events: z.array(z.string()).default([]),
  default_permissions: z.record(z.string(), z.enum(["read", "write"])).default({}),
  request_oauth_on_install: z.boolean().optional(),
  setup_on_update: z.boolean().optional(),
});

/** Any one of these permissions lets an App subscribe to the event. */
const permissionsOf: Record<string, readonly string[]> = {
  check_run: ["checks"],
  check_suite: ["checks"],
  issue_comment: ["issues", "pull_requests"],
  issues: ["issues"],
  pull_request: ["pull_requests"],
  pull_request_review: ["pull_requests"],
  pull_request_review_comment: ["pull_requests"],
  push: ["contents"],
  status: ["statuses"],
  workflow_run: ["actions"],
};

/** The permission names that GitHub knows, limited to those that an App like ours could request. */
const resources = new Set([
  "actions",
  "checks",
  "contents",
  "deployments",
  "emails",
  "issues",
  "members",
  "merge_queues",
  "metadata",
  "pull_requests",
  "statuses",
  "workflows",
]);

/** The errors that the page shows for a manifest, in GitHub's words. */
export function manifestFaults(manifest: unknown): string[] {
  const given = asObject(manifest);
  const events = Array.isArray(given.default_events) ? given.default_events.map(String) : [];
  const permissions = Object.keys(asObject(given.default_permissions));
  const unsupported = events.filter(
    (event) => permissionsOf[event] && !permissionsOf[event].some((name) => permissions.includes(name)),
  );
  return [
    ...Object.keys(given)
      .filter((key) => !(key in manifestSchema.shape))
      .map((key) => `"${key}" is not a permitted key`),
    ...(given.hook_attributes !== undefined && !asObject(given.hook_attributes).url
      ? [`Error "url" wasn't supplied.`]
      : []),
    ...(unsupported.length > 0
      ? [`Default events are not supported by permissions: ${unsupported.join(", ")}`]
      : []),
    ...events
      .filter((event) => permissionsOf[event] === undefined)
      .map((event) => `Default events unsupported: ${event}`),
    ...(permissions.some((name) => !resources.has(name))
      ? ["Default permission records resource is not included in the list"]
      : []),
    ...(manifestSchema.safeParse(manifest).success ? [] : ["The manifest is not valid"]),
  ];
}
