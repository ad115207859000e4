import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CommandError } from "../frame/exit.js";
import { endPage, faultPage, formPage, type Page } from "./page.js";

/** A code could not be used, but can be tried again. The person is asked to reload the page. */
export class TryAgainError extends Error {
  override readonly name = "TryAgainError";
}

export interface RoundTrip<Result> {
  /** The address to which the browser sends its form, without the `state`, and the form's fields. */
  form: (redirectUrl: string) => { action: string; fields: Record<string, string> };
  /** Uses the code that GitHub adds when it sends the browser back. @throws {TryAgainError} if this may be repeated. */
  use: (code: string) => Promise<Result>;
  /** Called with the address that the browser has to open. */
  opened: (url: string) => void;
  waitMs: number;
}

/**
 * Sends a browser to GitHub and waits for it to come back with a code. For this it runs a server on a random port of the
 * loopback interface until the round trip is over. The server's address contains the same random text as the state that
 * GitHub returns, so nobody else can start or finish the round trip. The first page can be opened again until the code
 * has been used.
 *
 * @throws {CommandError} if nobody comes back in time.
 */
export async function throughBrowser<Result>(trip: RoundTrip<Result>): Promise<Result> {
  const state = randomBytes(24).toString("base64url");
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      timer = setTimeout(() => {
        const message = `Nobody came back from GitHub in time, so nothing was changed here. Run setup again, with a longer --wait if you need it. If GitHub has created an App in the meantime, delete it there, or take it over with --app-id and --key-file.`;
        reject(new CommandError("failed", message));
      }, trip.waitMs);
      server.on("request", (request, response) => {
        void answer(trip, { origin, state, request }).then(({ page, result, error }) => {
          send(response, page, () => {
            if (result) resolve(result.value);
            if (error) reject(error);
          });
        });
      });
      trip.opened(`${origin}/${state}`);
    });
  } finally {
    clearTimeout(timer);
    close(server);
  }
}

interface Answer<Result> {
  page: Page;
  result?: { value: Result };
  /** Ends the round trip. */
  error?: unknown;
}

interface Visit {
  origin: string;
  state: string;
  request: IncomingMessage;
}

async function answer<Result>(trip: RoundTrip<Result>, visit: Visit): Promise<Answer<Result>> {
  const { origin, state, request } = visit;
  const url = new URL(request.url ?? "/", origin);
  const nonce = randomBytes(16).toString("base64");
  // Another host name could lead here through DNS rebinding.
  if (request.headers.host !== new URL(origin).host || request.method !== "GET") {
    return { page: faultPage(400, "This is not a page of setup.") };
  }
  if (isEqual(url.pathname, `/${state}`)) {
    const { action, fields } = trip.form(`${origin}/back`);
    const target = new URL(action);
    target.searchParams.set("state", state);
    return { page: formPage(target.href, fields, nonce) };
  }
  if (url.pathname !== "/back") return { page: faultPage(404, "Setup has no such page.") };
  if (!isEqual(url.searchParams.get("state") ?? "", state)) {
    return {
      page: faultPage(
        400,
        "This page belongs to another run of setup. Open the address that the terminal shows.",
      ),
    };
  }
  return finish(trip, url, nonce);
}

async function finish<Result>(trip: RoundTrip<Result>, url: URL, nonce: string): Promise<Answer<Result>> {
  try {
    const value = await trip.use(url.searchParams.get("code") ?? "");
    return { page: endPage("GitHub is connected.", nonce), result: { value } };
  } catch (error) {
    const text =
      error instanceof CommandError || error instanceof TryAgainError ? error.message : "Setup failed.";
    if (error instanceof TryAgainError) {
      return { page: faultPage(502, text, "<p>Reload this page to try again.</p>") };
    }
    return { page: faultPage(500, text, "<p>Go back to the terminal.</p>"), error };
  }
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function send(response: ServerResponse, { status, headers, html }: Page, done: () => void): void {
  response.writeHead(status, { ...headers, connection: "close" });
  response.end(html, done);
}

function close(server: Server): void {
  server.close();
  server.closeIdleConnections();
  // A browser may keep other connections open, which must not keep the process alive.
  setTimeout(() => server.closeAllConnections(), 500).unref();
}
