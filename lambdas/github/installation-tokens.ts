import { RequestError } from "@octokit/request-error";
import type { SharedToken, Token } from "./shared-token.js";

/** In milliseconds: GitHub's tokens live for an hour, and a request with one must end before. */
const tokenLifeMs = 59 * 60_000;

/** The token of one installation, as a cache of `@octokit/auth-app`: in the container, and shared with the others. */
export class InstallationTokens {
  #token: Token | undefined;
  #refused: string | undefined;
  /** Counts the tokens that GitHub has issued to this container. */
  #issued = 0;

  constructor(private readonly shared: SharedToken) {}

  async get(): Promise<string> {
    if (!isUsable(this.#token)) {
      const token = await this.shared.read();
      // Another request may have got a new one meanwhile.
      if (!isUsable(this.#token)) this.#token = token;
    }
    return isUsable(this.#token) && this.#token.value !== this.#refused ? this.#token.value : "";
  }

  async set(_key: string, value: string): Promise<void> {
    this.#issued += 1;
    this.#token = { value, until: Date.now() + tokenLifeMs };
    await this.shared.write(this.#token);
  }

  /**
   * Forgets a token that GitHub refuses. A 401 can mean that the token was revoked: the request is sent once more, with
   * the next token; twice, because that may be another container's, which was revoked with it. A 403 can mean that the
   * token is older than the installation's permissions: a redrive gets a new one.
   */
  async renewing<Answer>(request: () => Promise<Answer>, renewals = 2): Promise<Answer> {
    const issued = this.#issued;
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RequestError) || (error.status !== 401 && error.status !== 403)) throw error;
      // Requests that run at the same time are refused together: the first one may have got a new token already.
      if (issued === this.#issued) {
        this.#refused = this.#token?.value ?? this.#refused;
        this.#token = undefined;
      }
      // If the App itself was refused a token, it will not be given another one.
      if (error.status === 403 || isTokenRequest(error) || renewals === 0) throw error;
      return this.renewing(request, renewals - 1);
    }
  }
}

function isUsable(token: Token | undefined): token is Token {
  return token !== undefined && token.until > Date.now();
}

/** Whether GitHub refused to issue a token, before the request that needs it was sent. */
export function isTokenRequest({ request }: RequestError): boolean {
  return /\/access_tokens$/.test(new URL(request.url).pathname);
}
