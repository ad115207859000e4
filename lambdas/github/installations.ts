import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import type { Repository } from "../model/event.js";
import type { RepositoryName } from "./contents.js";

/** A repository under its current name, with its default branch. */
export interface CurrentRepository extends Repository {
  ownerId: number;
  defaultBranch: string;
}

/** A repository in the list of an installation. */
export interface ListedRepository extends CurrentRepository {
  /** Its id in the GraphQL API. */
  nodeId: string;
}

interface RepositoryData {
  id: number | bigint;
  name: string;
  owner: { id: number | bigint; login: string };
  private: boolean;
  default_branch: string;
}

/** The repository that has the name now, or to which GitHub redirects from this name. */
export async function findRepository(
  octokit: Octokit,
  { owner, name }: RepositoryName,
): Promise<CurrentRepository | undefined> {
  try {
    const { data } = await octokit.rest.repos.get({ owner, repo: name });
    return toRepository(data);
  } catch (error) {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  }
}

/** The id of the installation that gives the App access to a repository now. A suspended one does not count. */
export async function findInstallation(
  octokit: Octokit,
  { owner, name }: RepositoryName,
): Promise<number | undefined> {
  try {
    // Octokit authenticates as the App itself here, not as an installation.
    const { data } = await octokit.rest.apps.getRepoInstallation({ owner, repo: name });
    return data.suspended_at ? undefined : Number(data.id);
  } catch (error) {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  }
}

/** One page of all repositories that an installation may use; `page` counts from 1. */
export async function installedRepositories(
  octokit: Octokit,
  page: number,
  perPage: number,
): Promise<CurrentRepository[]> {
  const { data } = await octokit.rest.apps.listReposAccessibleToInstallation({ per_page: perPage, page });
  return data.repositories.map(toRepository);
}

/** All repositories that an installation may use, by their ids. */
export async function listRepositories(octokit: Octokit): Promise<ListedRepository[]> {
  const found = await octokit.paginate(octokit.rest.apps.listReposAccessibleToInstallation, {
    per_page: 100,
  });
  const listed = found.map((data) => ({ ...toRepository(data), nodeId: data.node_id }));
  return listed.sort((a, b) => a.id - b.id);
}

function toRepository(data: RepositoryData): CurrentRepository {
  return {
    id: Number(data.id),
    owner: data.owner.login,
    ownerId: Number(data.owner.id),
    name: data.name,
    private: data.private,
    defaultBranch: data.default_branch,
  };
}
