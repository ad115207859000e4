import type { RepositoriesAdded } from "../model/config-event.js";
import type { Repository } from "../model/event.js";
import { namedRepositories } from "../model/event-limits.js";
import type { Classification } from "./classification.js";
import {
  type InstalledRepository,
  installationRepositoriesSchema,
  installationSchema,
} from "./config-payloads.js";
import { parsePayload } from "./parse-payload.js";
import { ghost } from "./payload-fields.js";

/**
 * The App was installed, removed, suspended or unsuspended for all repositories of an installation. The flow lists the
 * repositories, because payloads of suspensions name none, and an organization can have more than an execution's input can
 * hold.
 */
export function classifyInstallation(action: string, payload: unknown, delivery: string): Classification {
  const isThere = action === "created" || action === "unsuspend";
  const fields = installationFields(payload, delivery);
  // A removal counts even if the account is deleted, so the installation's stored data is removed.
  if (isThere && isGone(fields)) return noAccount;
  return {
    event: {
      ...fields,
      type: isThere ? "repositories_added" : "repositories_removed",
      repositories: null,
    },
  };
}

/** Repositories were added to an installation, or removed from it. */
export function classifyInstallationRepositories(
  action: string,
  payload: unknown,
  delivery: string,
): Classification {
  const { repositories_added: added, repositories_removed: removed } = parsePayload(
    installationRepositoriesSchema,
    payload,
  );
  const named = action === "added" ? added : removed;
  if (named.length === 0) return { skipped: `no repository was ${action}` };
  const fields = installationFields(payload, delivery);
  if (action === "added" && isGone(fields)) return noAccount;
  const repositories = named.length > namedRepositories ? null : named.map(withOwner(fields.account));
  const type = action === "added" ? "repositories_added" : "repositories_removed";
  return { event: { ...fields, type, repositories } };
}

const noAccount: Classification = { skipped: "GitHub does not say whose installation it is" };

type InstallationFields = Pick<
  RepositoriesAdded,
  "delivery" | "installation" | "account" | "accountId" | "sender"
>;

function installationFields(payload: unknown, delivery: string): InstallationFields {
  const { installation, sender } = parsePayload(installationSchema, payload);
  const { id, account } = installation;
  return {
    delivery,
    installation: id,
    account: account?.login ?? account?.slug ?? ghost.login,
    ...(account?.id != null && { accountId: account.id }),
    sender,
  };
}

function isGone({ account, accountId }: InstallationFields): boolean {
  return account === ghost.login && accountId === undefined;
}

function withOwner(owner: string): (repository: InstalledRepository) => Repository {
  return ({ id, name, private: isPrivate }) => ({ id, owner, name, private: isPrivate });
}
