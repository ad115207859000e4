import { hasTimeFor } from "../runtime/budget.js";
import { patientFetch } from "../runtime/patient-fetch.js";
import type { Digest } from "./digest.js";
import { digestOf } from "./excerpt.js";
import { formatBytes } from "./format-bytes.js";
import type { RequestClient } from "./request-client.js";
import type { Period } from "./scores.js";

/** Milliseconds that the download of one log may take. */
const downloadMs = 60_000;

/** A log is opened only if this much time is left in the invocation, in milliseconds. */
const shortestDownloadMs = 2000;

/** The first bytes of archives, images and other binary files: `PK`, gzip, zstd, xz, 7z, PNG, JPEG, GIF, PDF, ELF. */
const binaryPrefixes = [
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

/** The part of a job's log that could be read. */
export interface JobLog {
  /** `undefined` if no line of the log could be read. */
  digest: Digest | undefined;
  /** For the reader, after the excerpt: the reason why lines are missing. */
  remark: string;
}

/**
 * Reads a job's log for excerpts of at most `budget` bytes of UTF-8. If a log is gone, is not text or breaks off, the
 * remark says so. Throws only errors that a retry may resolve: `TransientError`, `RateLimitedError`, and a rejection of
 * the App (401).
 */
export async function readLog(octokit: RequestClient, job: JobRef, budget: number): Promise<JobLog> {
  // Slow logs before this one have used up the time. A retry would end in the same way.
  if (!hasTimeFor(shortestDownloadMs)) return only("(There was no time left to read the log.)");
  let body: AsyncIterable<Uint8Array> | undefined;
  try {
    body = await openLog(octokit, job);
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 410) return only(`(The log is gone: GitHub answered ${status}.)`);
    // GitHub's blob store answers with a 403 if the address has expired.
    if (status === undefined || status < 400 || status >= 500 || status === 401 || status === 429)
      throw error;
    return only(`(The log cannot be downloaded: GitHub answered ${status}.)`);
  }
  const download = new Download(body);
  const digest = await digestOf(download.chunks(), budget, job.failedPeriods);
  if (download.end === "not text") return only("(The log is not text, so none of it is shown.)");
  if (download.end === "broken") {
    const bytes = formatBytes(download.bytes);
    return {
      digest,
      remark: `(The download broke off here, after ${bytes}. The rest of the log is missing.)`,
    };
  }
  return digest.size === 0 ? only("(The log is empty.)") : { digest, remark: "" };
}

const only = (remark: string): JobLog => ({ digest: undefined, remark });

/** GitHub redirects to an address that works for a minute; `fetch` follows. */
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

/** The chunks of a log up to its end, and how they ended. */
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
          binaryPrefixes.some((bytes) => bytes.equals(chunk.subarray(0, bytes.length)))
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
