export function compile(programs: readonly string[], outdir: string): Promise<void>;
