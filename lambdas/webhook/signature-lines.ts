/** Texts in the log lines that metrics count (infra/stack/observability.ts). */
export const badSignature = "The signature is missing or wrong.";
export const previousSecret = "The previous webhook secret is still used";
