/** The job as a process of its own: the supervisor's order comes as an argument, messages go back through the channel. */
import { work, type WorkOrder } from "./worker.ts";

const order = JSON.parse(process.argv[2] ?? "null") as WorkOrder;
await work(order, (message) => process.send?.(message));
process.disconnect();
