import type { Reason, UnreachedReason } from "./verdict.ts";

export const NEEDLESS_BARRIERS: readonly Reason[] = [];
export const NEEDLESS_ORDERS: readonly Reason[] = [];
export const CALLS_NOT_MADE: readonly UnreachedReason[] = [];
