import { hasTimeFor } from "../runtime/budget.js";
import { patientFetch } from "../runtime/patient-fetch.js";
import { amount } from "./amount.js";
import type { Digest } from "./digest.js";
import { digestOf } from "./excerpt.js";
import type { RequestClient } from "./request-client.js";
import type { Period } from "./scores.js";

/** Milliseconds that the download of one log may take. */
const downloadMs = 60_000;

/** With less than this left of the invocation, in milliseconds, a log is not opened. */
const shortestDownloadMs = 2000;

/** How archives, images and other files begin that are no text: `PK`, gzip, zstd, xz, 7z, PNG, JPEG, GIF, PDF, ELF. */
const beginningsOfOthers = [
  "504b0304",
  "1f8b08",
  "28b52ffd",
  "fd377a58",
  "377abcaf",
  "89504e47",
  "ffd8ff",
  "47494638",
  "25504446",
  "7f454c46",
].map((hex) => Buffer.from(hex, "hex"));

export interface JobRef {
  owner: string;
  repo: string;
  jobId: number;
  failedPeriods: readonly Period[];
}

/** What is known of a job's log. */
export interface JobLog {
  /** There is none where no line of the log is known. */
  digest: Digest | undefined;
  /** What there is to say of the log, after the excerpt. */
  remark: string;
}

/**
 * Reads a job's log for excerpts of at most `budget` bytes of UTF-8. A log that is gone, is not text or breaks off
 * costs only itself: the remark says so. Throws what is worth another try: `TransientError`, `RateLimitedError`, and
 * a refusal of the App itself (401).
 */
export async function readLog(octokit: RequestClient, job: JobRef, budget: number): Promise<JobLog> {
  // Slow logs before it have used it up, and would again.
  if (!hasTimeFor(shortestDownloadMs)) return only("(There was no time left to read the log.)");
  let body: AsyncIterable<Uint8Array> | undefined;
  try {
    body = await openLog(octokit, job);
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 410) return only(`(The log is gone: GitHub answered ${status}.)`);
    // An address that has expired is a 403 of GitHub's blob store.
    if (status === undefined || status < 400 || status >= 500 || status === 401 || status === 429)
      throw error;
    return only(`(The log cannot be had: GitHub answered ${status}.)`);
  }
  const download = new Download(body);
  const digest = await digestOf(download.chunks(), budget, job.failedPeriods);
  if (download.end === "not text") return only("(The log is not text, so none of it is shown.)");
  if (download.end === "broken") {
    const bytes = amount(download.bytes);
    return {
      digest,
      remark: `(Here the download broke off, after ${bytes}. The rest of the log is missing.)`,
    };
  }
  return digest.size === 0 ? only("(The log is empty.)") : { digest, remark: "" };
}

const only = (remark: string): JobLog => ({ digest: undefined, remark });

/** GitHub answers with a redirect to an address that works for a minute; `fetch` follows it. */
async function openLog(octokit: RequestClient, { owner, repo, jobId }: JobRef) {
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
        if (
          this.bytes === 0 &&
          beginningsOfOthers.some((bytes) => bytes.equals(chunk.subarray(0, bytes.length)))
        ) {
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
