import { InvalidArgumentError } from "@commander-js/extra-typings";

/** Takes an option's argument only if the whole of it matches. `expected` completes "Expected …". */
export const matching =
  (pattern: RegExp, expected: string) =>
  (text: string): string => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };

const region = /^[a-z]{2,8}(?:-[a-z]{2,16}){1,3}-\d{1,2}$/;

export const isRegion = (text: string): boolean => region.test(text);

export const checkedRegion = matching(region, "the name of an AWS region, such as eu-central-1");
