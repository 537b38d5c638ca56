/** What scripts go by, the same for every command; `--help` shows them. Stable. */
export const FINE = 0;
/** Damage was found. */
export const DAMAGED = 1;
/** The command line makes no sense. */
export const WRONG_ARGUMENTS = 2;
/** Something couldn't be read, or the output couldn't be written. */
export const NOT_READ = 3;
