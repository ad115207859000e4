import type * as z from "zod/mini";
import type { Finding, Path } from "./fault.js";

/** The keys of the file that the shape does not contain, at any depth. They are allowed and have no effect. */
export function unknownKeys(schema: z.core.$ZodType, value: unknown, path: Path = []): Finding[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "prefault":
      return unknownKeys(def.innerType, value, path);
    case "pipe":
      return unknownKeys(def.in, value, path);
    case "array":
      if (!Array.isArray(value)) return [];
      return value.flatMap((item, index) => unknownKeys(def.element, item, [...path, index]));
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
      const known = Object.keys(def.shape)
        .map((key) => `\`${key}\``)
        .join(", ");
      return Object.entries(value).flatMap(([key, inner]) => {
        const here = [...path, key];
        const schemaOfKey = Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
        if (schemaOfKey) return unknownKeys(schemaOfKey, inner, here);
        return [{ path: here, message: `This key is unknown and is ignored. Known keys here: ${known}.` }];
      });
    }
    default:
      return [];
  }
}
