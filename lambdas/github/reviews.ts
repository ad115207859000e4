import type { Octokit } from "@octokit/rest";

const perPage = 100;

/** The contents of a review. */
export interface Review {
  /** Whether it has a text of its own. */
  hasText: boolean;
  /** GitHub's name for it, such as `CHANGES_REQUESTED`. */
  state: string;
  /** The ids of its comments on lines of the diff. */
  comments: number[];
}

/** A review of a pull request. */
export async function findReview(
  octokit: Octokit,
  { repository, pull, id }: { repository: { owner: string; name: string }; pull: number; id: number },
): Promise<Review> {
  const address = { owner: repository.owner, repo: repository.name, pull_number: pull, review_id: id };
  const [{ data: review }, comments] = await Promise.all([
    octokit.rest.pulls.getReview(address),
    octokit.paginate(octokit.rest.pulls.listCommentsForReview, { ...address, per_page: perPage }),
  ]);
  return {
    hasText: review.body.trim() !== "",
    state: review.state,
    comments: comments.map((comment) => Number(comment.id)),
  };
}
