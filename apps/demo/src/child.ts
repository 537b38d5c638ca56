import type { StopMessage, WorkerMessage, WorkerSettings } from "./messages.ts";
import { work } from "./worker.ts";

/** The working process: talks to the supervisor that started it, and ends when that is gone. */
export async function runChild(settingsText: string | undefined): Promise<void> {
  if (!process.send || settingsText === undefined) throw new Error("--child is for the demo itself, which starts a process with it");
  const endWithSupervisor = (): never => process.exit(1);
  process.once("disconnect", endWithSupervisor);
  const mayStop = new Promise<void>((resolve) => {
    process.on("message", (message: StopMessage) => message.type === "stop" && resolve());
  });
  await work(JSON.parse(settingsText) as WorkerSettings, tell, mayStop);
  process.off("disconnect", endWithSupervisor);
  process.disconnect();
}

function tell(message: WorkerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}
