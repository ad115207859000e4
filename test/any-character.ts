import fc from "fast-check";

/**
 * Any code point, including lone surrogates, with a preference for low ones. Creating fast-check's own unit "binary" takes
 * half a second in each file.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(...[0x7f, 0xff, 0xffff, 0x10ffff].map((max) => fc.integer({ min: 0, max })))
  .map((point) => String.fromCodePoint(point));
