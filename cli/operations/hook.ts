import { z } from "zod";
import { askAsApp } from "../../lambdas/github/app-request.js";

const path = "/app/hook/config";

const schema = z.object({
  url: z.string().default(""),
  content_type: z.string().default("form"),
  insecure_ssl: z.coerce.string().default("0"),
  /** GitHub never shows the secret: asterisks, or empty if there is none. */
  secret: z.string().default(""),
});

/** The App's webhook as configured on GitHub. */
export type Hook = z.output<typeof schema>;

/** Reads the App's webhook. If there is none, the URL is empty. */
export async function readHook(): Promise<Hook> {
  const response = await askAsApp({ method: "GET", path });
  return schema.parse((await response?.json()) ?? {});
}

/** Sets the whole webhook, with JSON as its content type, because GitHub doesn't promise to keep omitted fields. */
export async function writeHook(hook: Pick<Hook, "url" | "insecure_ssl" | "secret">): Promise<void> {
  const { url, insecure_ssl, secret } = hook;
  await askAsApp({ method: "PATCH", path, body: { url, insecure_ssl, content_type: "json", secret } });
}
