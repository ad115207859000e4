import { EngineError } from "./errors.js";

/**
 * Replaces the `${Name}` placeholders in the text of a state machine, as CloudFormation does with
 * `DefinitionSubstitutions`. Throws `InvalidDefinition` for a placeholder without a value.
 */
export function loadDefinition(text: string, substitutions: Record<string, string>): string {
  const unknown = new Set<string>();
  const loaded = text.replace(/\$\{([^}]*)\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(substitutions, name) ? substitutions[name] : undefined;
    if (value === undefined) {
      unknown.add(placeholder);
      return placeholder;
    }
    // Placeholders are inside JSON strings.
    return JSON.stringify(value).slice(1, -1);
  });
  if (unknown.size > 0) {
    const known = Object.keys(substitutions).join(", ") || "none";
    throw new EngineError(
      "InvalidDefinition",
      `no value for ${[...unknown].join(", ")}; expected one of: ${known}`,
    );
  }
  return loaded;
}
