import { connectGitHub } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import type { TaskRecord, Told, WorkSource } from "../model/record.js";
import { taskKey } from "../model/record.js";
import { withCurrentAudience } from "./current-audience.js";
import type { Records } from "./status-comment.js";
import { type Mention, mentionText } from "./text.js";

/** How many transitions a record remembers: far more than could be repeated. */
const remembered = 30;

/** A record that knows its work's source. */
export type SourcedRecord = TaskRecord & { source: WorkSource };

/** A transition, the page on which to notify the person, and how. */
export interface Telling {
  transition: string;
  /** An issue or a pull request. */
  page: { number: number; url: string; repository?: { owner: string; name: string } };
  mention: Mention;
  /** Notifies the person without a comment; returns whether that worked. */
  otherwise?: (() => Promise<boolean>) | undefined;
}

/**
 * Tells a person about a transition in a separate comment, because an edited status comment notifies nobody. The record
 * notes the transition before the comment is posted and again after it, so the person is told only once, even if runs are
 * repeated or overlap. If a run died in between, the next one searches for the comment by its marker. If GitHub refuses the
 * comment, the person counts as told.
 */
export async function tellOnce(
  store: Records,
  record: SourcedRecord,
  { transition, page, mention, otherwise }: Telling,
): Promise<void> {
  const known = record.told?.[transition];
  if (known?.isDone) return;
  const noted = await noteTold(store, record, transition, { at: Date.now(), isDone: false });
  if (!noted) return;
  const { source } = record;
  const app = await connectGitHub();
  const issue = new IssueClient(app.installation(source.installation), {
    repository: page.repository ?? source.repository,
    issue: page,
  });
  const marker = `<!-- coder-task-relay:told ${encodeURIComponent(transition)} -->`;
  const isThere = known !== undefined && (await issue.findOwnComment(marker, app.id)) !== undefined;
  const post = async () => {
    if (await otherwise?.()) return;
    const shown = await withCurrentAudience(app, source);
    await issue.createComment(mentionText(record, shown, { ...mention, marker }));
  };
  const what = { said: `"${transition}" to ${mention.login}`, repositoryId: source.repository.id };
  if (!isThere) await postIfAllowed(what, post);
  await noteTold(store, noted, transition, { at: Date.now(), isDone: true });
}

/** Notes that somebody was told about a transition, or that nobody needs to be; `undefined` if another run was faster. */
export async function noteTold(
  store: Records,
  { source, told, tellings }: SourcedRecord,
  transition: string,
  entry: Told,
): Promise<SourcedRecord | undefined> {
  const others = Object.entries(told ?? {}).filter(([name]) => name !== transition);
  const kept = others.sort(([, a], [, b]) => b.at - a.at).slice(0, remembered - 1);
  const changed = await store.update(
    taskKey(source),
    { told: { ...Object.fromEntries(kept), [transition]: entry }, tellings: (tellings ?? 0) + 1 },
    tellings === undefined
      ? { expression: "attribute_not_exists(#tellings)" }
      : { expression: "#tellings = :known", values: { known: tellings } },
  );
  return changed && { ...changed, source };
}
