import pc from "picocolors";

/** Colours for a terminal only: what is piped is plain, also where a build server's environment asks for colours. */
export const colors: ReturnType<typeof pc.createColors> = pc.createColors(process.stdout.isTTY ? pc.isColorSupported : false);
