import { createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import { appPermissions } from "../../../infra/definition/github-app.js";
import { subscribedEvents } from "../../../lambdas/model/handled-events.js";
import type { Permissions } from "../rest/permissions.js";
import { appKey } from "./app-key.js";

/** The webhook of an App. */
export interface AppHook {
  /** Empty for none. */
  url: string;
  contentType: "json" | "form";
  secret: string;
  insecureSsl: "0" | "1";
}

/** A GitHub App, as its settings page shows it. */
export interface RegisteredApp {
  id: string;
  slug: string;
  name: string;
  /** The login of the account that owns it. */
  owner: string;
  /** PKCS#1, GitHub's format. */
  privateKey: string;
  publicKey: KeyObject;
  hook: AppHook;
  /** The permissions that it requests. An installation has those that its account accepted. */
  permissions: Permissions;
  events: readonly string[];
}

export function registerApp(
  app: Pick<RegisteredApp, "id" | "slug" | "owner"> & Partial<RegisteredApp>,
): RegisteredApp {
  const key = appKey();
  return {
    name: app.slug,
    privateKey: key.export({ type: "pkcs1", format: "pem" }).toString(),
    publicKey: createPublicKey(key),
    hook: { url: "", contentType: "json", secret: randomBytes(20).toString("hex"), insecureSsl: "0" },
    permissions: { ...appPermissions },
    events: subscribedEvents,
    ...app,
  };
}
