import { z } from "zod";
import { body, GitHubError, type Json, type Rest } from "../rest/rest.js";
import type { AppAuth } from "./app-auth.js";

/** A change of the hook. `content_type` is `form` and TLS is verified unless the request says otherwise. */
const changeSchema = z.object({
  url: z.url({ protocol: /^https?$/ }),
  content_type: z.enum(["json", "form"]).default("form"),
  secret: z.string().default(""),
  insecure_ssl: z.coerce
    .string()
    .pipe(z.enum(["0", "1"]))
    .default("0"),
});

/**
 * The configuration of the App's webhook. GitHub doesn't document that an omitted field keeps its value, so here it is
 * reset to the default. https://docs.github.com/rest/apps/webhooks
 */
export class AppHookApi {
  constructor(readonly auth: AppAuth) {}

  routes(rest: Rest): void {
    rest.get("/app/hook/config", () => ({ status: 200, body: this.#json() }));
    rest.patch("/app/hook/config", (request) => {
      const change = changeSchema.safeParse(body(request));
      if (!change.success) {
        const errors = change.error.issues.map(({ path }) => `${path.join(".")} is invalid`);
        throw new GitHubError(422, "Validation Failed", { errors });
      }
      const { url, content_type: contentType, secret, insecure_ssl: insecureSsl } = change.data;
      this.auth.app.hook = { url, contentType, secret, insecureSsl };
      return { status: 200, body: this.#json() };
    });
  }

  #json(): Json {
    const { url, contentType, secret, insecureSsl } = this.auth.app.hook;
    return {
      url,
      content_type: contentType,
      insecure_ssl: insecureSsl,
      ...(secret && { secret: "********" }),
    };
  }
}
