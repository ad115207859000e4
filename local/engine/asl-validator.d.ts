/** asl-validator has no types; these cover the part that is used here. */
declare module "asl-validator" {
  interface ValidationError {
    "Error code": string;
    Message: string;
    path?: string;
    schemaError?: { instancePath: string; schemaPath: string };
  }

  interface ValidationResult {
    isValid: boolean;
    errors: ValidationError[];
    errorsText: (separator?: string) => string;
  }

  function validate(
    definition: object,
    options?: { checkPaths?: boolean; checkArn?: boolean },
  ): ValidationResult;
  export = validate;
}
