import { RequestError } from "@octokit/request-error";
import type { SharedToken, Token } from "./shared-token.js";

/** In milliseconds. GitHub's tokens live for an hour, and a request must end before its token expires. */
const tokenLifeMs = 59 * 60_000;

/**
 * The token of one installation, as a cache for `@octokit/auth-app`. It is kept in this container and shared with others.
 */
export class InstallationTokens {
  #token: Token | undefined;
  #refused: string | undefined;
  /** Counts the tokens that GitHub has issued to this container. */
  #issued = 0;

  constructor(private readonly shared: SharedToken) {}

  async get(): Promise<string> {
    if (!isUsable(this.#token)) {
      const token = await this.shared.read();
      // Another request may have got a new one in the meantime.
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
   * Forgets a token that GitHub rejects. A 401 can mean that the token was revoked, so the request is sent again with the
   * next token. This happens up to twice, because the next token may be another container's and also revoked. A 403 can
   * mean that the token is older than the installation's permissions; a redrive then gets a new one.
   */
  async renewing<Answer>(request: () => Promise<Answer>, renewals = 2): Promise<Answer> {
    const issued = this.#issued;
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RequestError) || (error.status !== 401 && error.status !== 403)) throw error;
      // Concurrent requests are rejected together, and the first one may already have got a new token.
      if (issued === this.#issued) {
        this.#refused = this.#token?.value ?? this.#refused;
        this.#token = undefined;
      }
      // If GitHub refused to give the App a token, asking again won't help.
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
