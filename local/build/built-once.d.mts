export function builtOnce(name: string, make: (folder: string) => Promise<unknown>): Promise<string>;
