export const NAME = "laminar-wal";
