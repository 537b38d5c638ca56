/** What scripts go by; `--help` shows them. Stable, and the same as those of the log's and the checkpoints' command. */
export const FINE = 0;
export const DAMAGED = 1;
export const WRONG_ARGUMENTS = 2;
export const NOT_READ = 3;
