import type { Octokit } from "@octokit/core";
import { patientFetch } from "../http/patient-fetch.js";
import { amount } from "./amount.js";
import { excerptOf } from "./excerpt.js";

/** Milliseconds that the download of one log may take. */
const downloadMs = 60_000;

/** A text has no NUL in its first bytes, and GitHub's runner writes those; archives and images have. */
const looksLikeText = 4096;

/** Bytes that the sentences around an excerpt take at most. */
const sentenceBytes = 256;

export interface JobRef {
  owner: string;
  repo: string;
  jobId: number;
}

/**
 * An excerpt of a job's log, at most `budget` bytes of UTF-8. A log that is gone, is not text or breaks off
 * costs only itself: the excerpt says so. Throws what is worth another try: `TransientError`,
 * `RateLimitedError`, and a refusal of the App itself (401).
 */
export async function excerptOfJob(octokit: Octokit, job: JobRef, budget: number): Promise<string> {
  let body: AsyncIterable<Uint8Array> | undefined;
  try {
    body = await openLog(octokit, job);
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 410) return `(The log is gone: GitHub answered ${status}.)`;
    // An address that has expired is a 403 of GitHub's blob store.
    if (status === undefined || status < 400 || status >= 500 || status === 401 || status === 429)
      throw error;
    return `(The log cannot be had: GitHub answered ${status}.)`;
  }
  const download = new Download(body);
  const text = await excerptOf(download.chunks(), budget - sentenceBytes);
  if (download.end === "not text") return "(The log is not text, so none of it is shown.)";
  if (download.end === "broken") {
    return `${text}\n(Here the download broke off, after ${amount(download.bytes)}. The rest of the log is missing.)`.trim();
  }
  return text === "" ? "(The log is empty.)" : text;
}

/** GitHub answers with a redirect to an address that works for a minute; `fetch` follows it. */
async function openLog(octokit: Octokit, { owner, repo, jobId }: JobRef) {
  const response = await octokit.request("GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs", {
    owner,
    repo,
    job_id: jobId,
    request: { parseSuccessResponseBody: false, fetch: patientFetch("GitHub", downloadMs) },
  });
  const body: unknown = response.data;
  return isStream(body) ? body : undefined;
}

/** Chunks of a log as long as they come, and how they ended. */
class Download {
  end: "whole" | "not text" | "broken" = "whole";
  bytes = 0;

  constructor(readonly body: AsyncIterable<Uint8Array> | undefined) {}

  async *chunks(): AsyncGenerator<Uint8Array> {
    if (!this.body) return;
    try {
      for await (const chunk of this.body) {
        if (chunk.subarray(0, Math.max(0, looksLikeText - this.bytes)).includes(0)) {
          this.end = "not text";
          return;
        }
        this.bytes += chunk.length;
        yield chunk;
      }
    } catch {
      this.end = "broken";
    }
  }
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error && typeof error.status === "number"
    ? error.status
    : undefined;
}
