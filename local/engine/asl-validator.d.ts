/** asl-validator comes without types; this is the part of it that is used here. */
declare module "asl-validator" {
  interface ValidationResult {
    isValid: boolean;
    errorsText: (separator?: string) => string;
  }

  function validate(
    definition: object,
    options?: { checkPaths?: boolean; checkArn?: boolean },
  ): ValidationResult;
  export = validate;
}
