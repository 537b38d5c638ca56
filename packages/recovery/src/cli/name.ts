export const NAME = "laminar-recovery";
