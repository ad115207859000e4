import { RequestError } from "@octokit/request-error";

/** A minute less than GitHub's tokens live. */
const tokenLifeMs = 59 * 60_000;

/** The tokens of one installation, as `@octokit/auth-app` keeps them. */
export class InstallationTokens {
  readonly #tokens = new Map<string, { token: string; until: number }>();

  get(key: string): string {
    const known = this.#tokens.get(key);
    return known && known.until > Date.now() ? known.token : "";
  }

  set(key: string, token: string): void {
    this.#tokens.set(key, { token, until: Date.now() + tokenLifeMs });
  }

  /**
   * Forgets a token that GitHub refuses. A 401 can mean that the token was revoked: the request is sent once more, with
   * a new token. A 403 can mean that the token is older than the installation's permissions: a redrive gets a new one.
   */
  async renewing<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RequestError) || (error.status !== 401 && error.status !== 403)) throw error;
      this.#tokens.clear();
      // If the App itself was refused a token, it will not be given another one.
      if (error.status === 403 || isTokenRequest(error)) throw error;
      return request();
    }
  }
}

/** Whether GitHub refused to issue a token, before the request that needs it was sent. */
export function isTokenRequest({ request }: RequestError): boolean {
  return /\/access_tokens$/.test(new URL(request.url).pathname);
}
