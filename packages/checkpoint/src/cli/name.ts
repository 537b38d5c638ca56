export const NAME = "laminar-checkpoint";
