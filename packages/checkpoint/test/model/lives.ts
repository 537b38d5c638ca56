import { DiskError } from "@laminar/disk";
import { createSimulatedDisk, type Fault, type Operation } from "@laminar/disk/testing";
import { Broken, type Child, Crashes, type Situation } from "./crashes.ts";
import { impose } from "./image-damage.ts";
import { changesCheckpoints, DIRECTORY, METADATA, type ModelSurvey, nameOf, pathOf, STATE, surveyTree, type Tree, treeOf } from "./model-directory.ts";
import { appended, droppedBelow, fenced, LogOnDisk, type LogRecord, type ModelLog, reopened } from "./model-log.ts";
import type { Weather } from "./model-manager.ts";
import { recoverModel, type Verdict } from "./model-recovery.ts";
import { baseOf, planModel, usableIn } from "./model-retention.ts";
import { Oracle } from "./oracle.ts";
import { Program } from "./program.ts";
import { RULES } from "./rules.ts";
import type { Action, Done, Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** The life ends: the disk or the log failed. */
class Dead extends Error {}

/** One life of a program on one disk: it opens a manager and does things, and every moment of it is a crash. */
class Life {
  readonly #world: World;
  readonly #at: Situation;
  readonly #crashes: Crashes;
  readonly #subject: Subject;
  readonly #weather: Weather = { unreadable: undefined };
  #program: Program | undefined;
  /** Operations that failed in this action. */
  #failures = 0;
  /** What happened while it was done, that makes its promises less. */
  #disturbance: "none" | "fenced" | "unreadable" = "none";

  constructor(world: World, at: Situation) {
    this.#world = world;
    this.#at = at;
    this.#crashes = new Crashes(world, at);
    const options = { ...world.policy, rules: world.rules, timestamp: at.disk.clock.now(), weather: this.#weather };
    this.#subject = world.start(at.disk, at.log, options, (lsn) => this.#truncateLog(lsn));
  }

  /** What other lives go on from. */
  get children(): readonly Child[] {
    return this.#crashes.children;
  }

  async live(): Promise<void> {
    this.#world.counts.lives++;
    const stop = this.#at.disk.beforeEach((operation) => this.#crashes.look(operation));
    this.#at.disk.plan((operation) => this.#faultOf(operation));
    try {
      if (this.#at.depth > 0 && this.#world.random() < 0.1) await this.#rot();
      await this.#open();
      const actions = 3 + Math.floor(this.#world.random() * (this.#at.depth === 0 ? 14 : 6));
      for (let i = 0; i < actions; i++) await this.#act(i === actions - 1);
      if (this.#world.random() < 0.5) await this.#perform({ kind: "close" });
    } catch (error) {
      if (error instanceof Broken || !(error instanceof Dead || error instanceof DiskError)) throw this.#told(error);
    }
    this.#crashes.look(undefined);
    await this.#crashes.settle();
    const goesOn = this.#at.isUnsynced && this.#at.doing === "open" ? 1 : this.#world.goesOn.atTheEnd;
    if (this.#at.depth < this.#world.depthMost && this.#world.random() < goesOn) this.#crashes.children.push(this.#end());
    stop();
    this.#at.disk.plan(undefined);
  }

  /** What is there when the program has ended. */
  #end(): Child {
    return { image: this.#at.disk.killed(), log: this.#at.log.killed(), oracle: this.#at.oracle.copy(), trail: [...this.#at.trail, "end"], isUnsynced: false };
  }

  #told(error: unknown): Error {
    const message = error instanceof Error ? error.message : String(error);
    return new Broken(error instanceof Broken ? message : `${this.#at.trail.join(" ")} in ${this.#at.doing}: ${message}`, { cause: error });
  }

  #broken(what: string): never {
    throw new Broken(`${this.#at.trail.join(" ")}: ${what}`);
  }

  /** The order of a writer: recover, open the log, and only then the checkpoints. */
  async #open(): Promise<void> {
    const verdict = await this.#recover();
    const broken = this.#at.oracle.judge(verdict);
    if (broken !== undefined || verdict.kind === "refused") this.#broken(broken ?? "refused");
    this.#writeLog(reopened(this.#at.log.current));
    this.#at.oracle.observe(verdict);
    this.#program = new Program(verdict);
    this.#at.trail.push("open");
    const before = this.#faults();
    await this.#subject.open().catch((error: unknown) => {
      if (isDiskFailure(error) && before() > 0) throw new Dead();
      throw error;
    });
    this.#at.oracle.show(this.#survey());
    if (!this.#at.oracle.hasFailed) this.#requireNoLitter(this.#survey(), "after an opening");
    await this.#crashes.settle();
  }

  /** How many operations fail from here on. */
  #faults(): () => number {
    const before = this.#failures;
    return () => this.#failures - before;
  }

  #tree(): Tree {
    return treeOf(this.#at.disk.killed());
  }

  #survey(): ModelSurvey {
    return surveyTree(this.#tree());
  }

  async #recover(until?: number): Promise<Verdict> {
    const image = this.#at.disk.killed();
    const { verdict, difference } = await this.#world.read(() => image.mount(), treeOf(image), this.#at.log.current, until);
    return difference === undefined ? verdict : this.#broken(difference);
  }

  async #act(isLast: boolean): Promise<void> {
    const { random, failures } = this.#world;
    const choice = random();
    this.#at.doing = "commit";
    if (choice < 0.25) this.#commit(1 + Math.floor(random() * 2));
    else if (choice < 0.25 + failures) this.#loseLog();
    else if (choice < 0.56) await this.#checkpoint(1);
    else if (choice < 0.58) await this.#publishTooEarly();
    else if (choice < 0.63) await this.#checkpoint(2);
    else if (choice < 0.7) {
      await this.#rot();
      await this.#checkpoint(1);
    } else if (choice < 0.77) await this.#delete();
    else if (choice < 0.81) await this.#perform({ kind: "cleanup", keep: 1 + Math.floor(random() * this.#world.policy.maxRetained) });
    else if (choice < 0.87) await this.#perform({ kind: "compact" });
    else if (choice < 0.93) await this.#pointInTime();
    else if (choice < 0.97) await this.#perform({ kind: "truncate" });
    if (isLast && random() < 0.3) this.#leaveUncommitted();
    await this.#crashes.settle();
  }

  #writeLog(version: ModelLog): void {
    this.#crashes.look(undefined);
    this.#at.log.write(version);
    this.#crashes.look(undefined);
    this.#at.log.sync();
  }

  #changes(count: number): NonNullable<LogRecord["change"]>[] {
    return Array.from({ length: count }, () => Program.change(this.#world.random, this.#at.oracle.nextValue++));
  }

  #commit(count: number): void {
    this.#beginCommit(count);
    this.#at.log.sync();
    this.#at.oracle.acknowledge();
  }

  /** Written, and neither durable nor acknowledged. */
  #beginCommit(count: number): void {
    const program = this.#program;
    if (!program) return;
    const changes = this.#changes(count);
    const version = appended(this.#at.log.current, [...changes, undefined]);
    this.#at.trail.push(`commit@${version.lastLsn}`);
    this.#world.counts.perform("commit");
    program.apply(changes);
    this.#at.oracle.commit({ lsn: version.lastLsn, state: program.text });
    this.#crashes.look(undefined);
    this.#at.log.write(version);
    this.#crashes.look(undefined);
  }

  /** The log fails in a commit: nobody knows whether it is there. */
  #loseLog(): never {
    this.#beginCommit(1);
    throw new Dead();
  }

  /** The writer dies before it commits. */
  #leaveUncommitted(): void {
    this.#at.trail.push("uncommitted");
    this.#world.counts.perform("uncommitted remains");
    this.#writeLog(appended(this.#at.log.current, this.#changes(1)));
    throw new Dead();
  }

  async #checkpoint(count: 1 | 2): Promise<void> {
    const { random } = this.#world;
    const cut = () => {
      const epoch = random() < 0.1 ? this.#at.depth + 1 : undefined;
      return (this.#program ?? this.#broken("no program")).capture(this.#at.oracle.commits.at(-1)?.lsn ?? 0, epoch);
    };
    if (count === 1) return this.#perform({ kind: "checkpoint", cut: cut() });
    const first = cut();
    this.#commit(1);
    return this.#perform({ kind: "two checkpoints", cuts: [first, cut()] });
  }

  async #perform(action: Action): Promise<void> {
    const { random, failures, counts } = this.#world;
    this.#at.doing = action.kind;
    this.#at.trail.push("id" in action ? `${action.kind} ${action.id}` : action.kind);
    counts.perform(action.kind);
    const faults = this.#faults();
    this.#disturbance = "none";
    const mayFailToRead = action.kind === "cleanup" || action.kind === "delete";
    if (mayFailToRead && failures > 0 && random() < 0.1) this.#failReads();
    const before = this.#survey();
    const done = await this.#subject.perform(action);
    this.#weather.unreadable = undefined;
    this.#judgeDone(done, faults(), before);
    await this.#crashes.settle();
  }

  #failReads(): void {
    const { ids } = this.#survey();
    this.#weather.unreadable = ids[Math.floor(this.#world.random() * ids.length)];
    if (this.#weather.unreadable === undefined) return;
    this.#disturbance = "unreadable";
    this.#at.trail.push(`(${this.#weather.unreadable} can't be read)`);
  }

  /** What an action promised when it was done. */
  #judgeDone({ published, failures }: Done, faults: number, before: ModelSurvey): void {
    const { policy, counts } = this.#world;
    if (published.length > 0 && this.#at.log.pending.length > 0) this.#broken("PUBLISHED THOUGH IT WASN'T DURABLE");
    for (const { id, chain } of published) {
      this.#at.trail.push(`=${id}${chain.length > 1 ? ` on ${chain.at(-2)?.id}` : ""}`);
      if (chain.length > 1) counts.deltas++;
      const reused = this.#at.oracle.publish(id);
      if (reused !== undefined) this.#broken(reused);
      if (chain.length > policy.maxChainLength) this.#broken(`CHAIN TOO LONG: ${chain.length}`);
    }
    if (failures.length > 0) this.#at.trail.push(`(${failures.join()})`);
    if (failures.includes("CHECKPOINT_IO") && faults === 0 && this.#disturbance === "none") this.#broken("FAILED WITHOUT A FAILURE");
    const survey = this.#survey();
    const known = new Set([...before.ids, ...published.map(({ id }) => id)]);
    const listed = survey.ids.find((id) => !known.has(id));
    if (listed !== undefined && faults === 1) this.#broken(`LISTED THOUGH IT FAILED: ${listed}`);
    const last = published.at(-1)?.id;
    if (last === undefined || this.#disturbance === "fenced") return;
    if (!usableIn(survey, this.#at.log.durable, RULES).some(({ id }) => id === last)) this.#broken(`NOT USABLE: ${last}, just published`);
    this.#requireChains(before, survey);
    if (!this.#at.oracle.hasFailed && this.#disturbance === "none") this.#requireNoLitter(survey, "after a publish");
  }

  /** The newest chains are there, as many as are to be kept. */
  #requireChains(before: ModelSurvey, after: ModelSurvey): void {
    const [older, newer] = [before, after].map((survey) => usableIn(survey, this.#at.log.durable, RULES).map(baseOf));
    const kept = [...new Set([...(older ?? []), ...(newer ?? [])])].sort((a, b) => b - a).slice(0, this.#world.policy.maxRetained);
    const lost = kept.find((base) => !newer?.includes(base));
    if (lost !== undefined) this.#broken(`CHAIN LOST: that of ${lost}`);
  }

  /** Nothing is there that isn't needed; what is damaged stays until everything older is gone. */
  #requireNoLitter(survey: ModelSurvey, when: string): void {
    const leftover = survey.leftovers.find(({ id }) => id !== survey.highestId);
    if (leftover) this.#broken(`LITTER: ${leftover.name} ${when}`);
    if (when === "after an opening") return;
    const { needed } = planModel(survey, this.#at.log.durable, this.#world.policy.maxRetained, RULES);
    const oldest = Math.min(...needed);
    const litter = survey.ids.find((id) => !needed.has(id) && (survey.whole.has(id) || id < oldest));
    if (litter !== undefined) this.#broken(`LITTER: checkpoint ${litter} ${when}`);
  }

  /** Damages one kept checkpoint, if there is another chain and nothing is damaged yet. */
  async #rot(): Promise<void> {
    const { random, policy } = this.#world;
    const tree = this.#tree();
    const survey = surveyTree(tree);
    const held = planModel(survey, this.#at.log.durable, policy.maxRetained, RULES).kept;
    if (survey.ids.some((id) => !survey.whole.has(id)) || new Set(held.map(baseOf)).size < 2) return;
    // The newest more often: it is what the next one could build on.
    const hit = held[random() < 0.5 ? 0 : Math.floor(random() * held.length)];
    if (!hit) return;
    this.#at.trail.push(`rot ${hit.id}`);
    this.#world.counts.perform("rot");
    this.#at.oracle.isRotted = true;
    const damaged = new Map([...tree].map(([name, files]) => [name, new Map(files)]));
    this.#damage(damaged, nameOf("checkpoint", hit.id), hit.id === survey.highestId);
    await impose(this.#at.disk.anotherProcess(), tree, damaged);
    if (!damaged.has(nameOf("checkpoint", hit.id))) this.#at.oracle.removing(hit.id);
    this.#subject.changed();
  }

  #damage(tree: Tree, name: string, isHighest: boolean): void {
    const choice = this.#world.random();
    const file = this.#world.random() < 0.5 ? METADATA : STATE;
    if (choice < 0.6) tree.get(name)?.set(file, new Uint8Array([0]));
    else if (choice < 0.8) tree.get(name)?.delete(file);
    // Nobody could know that number any more.
    else if (!isHighest) tree.delete(name);
  }

  /** Asks for the removal of any one, or of one that isn't there: what is needed must be refused. */
  async #delete(): Promise<void> {
    const { random } = this.#world;
    const { ids, highestId } = this.#survey();
    const id = random() < 0.05 ? highestId + 1 : ids[Math.floor(random() * ids.length)];
    if (id !== undefined) await this.#perform({ kind: "delete", id });
  }

  /** Asks for a checkpoint of what the log hasn't made durable. */
  async #publishTooEarly(): Promise<void> {
    this.#beginCommit(1);
    await this.#checkpoint(1);
    this.#at.log.sync();
    this.#at.oracle.acknowledge();
  }

  /** Goes back to an earlier commit, for good. */
  async #pointInTime(): Promise<void> {
    const { random } = this.#world;
    const index = Math.floor(random() * this.#at.oracle.commits.length);
    this.#at.doing = "point in time";
    const until = this.#at.oracle.commits[index]?.lsn ?? 0;
    await this.#recover(until);
    this.#goBack(index);
    if (random() < 0.4) throw new Dead();
  }

  /** True when the log was fenced. */
  #goBack(index: number): boolean {
    const commit = this.#at.oracle.commits[index];
    const log = this.#at.log.current;
    if (!commit) return false;
    const tree = this.#tree();
    const verdict = recoverModel(tree, log, this.#world.rules, commit.lsn);
    const isPossible = log.startsAfter === 0 || usableIn(surveyTree(tree), log, RULES).some(({ walPosition }) => walPosition <= commit.lsn);
    if (verdict.kind === "refused") return isPossible ? this.#broken(`POINT IN TIME REFUSED: ${verdict.why} at ${commit.lsn}`) : false;
    if (verdict.lsn !== commit.lsn || verdict.state !== commit.state) return this.#broken(`POINT IN TIME WRONG: ${verdict.lsn} [${verdict.state}] at ${commit.lsn} [${commit.state}]`);
    if (commit.lsn >= log.lastLsn) return false;
    this.#at.trail.push(`back to ${commit.lsn}`);
    this.#world.counts.perform("point in time");
    this.#at.oracle.fence = index;
    this.#writeLog(fenced(log, commit.lsn));
    this.#at.oracle.fenced(index);
    this.#program = new Program(verdict);
    return true;
  }

  #truncateLog(lsn: number): void {
    const { random, failures } = this.#world;
    const isFailing = random() < failures;
    this.#crashes.look(undefined);
    this.#subject.observe({ kind: "truncateLog", lsn }, isFailing ? "failed" : "done");
    if (isFailing) {
      this.#failed("truncateLog");
      throw new DiskError("DISK_IO", "the log failed", { operation: "truncate", file: "log" });
    }
    this.#writeLog(droppedBelow(this.#at.log.current, lsn));
  }

  #failed(what: string): void {
    this.#failures++;
    this.#at.oracle.hasFailed = true;
    this.#at.trail.push(`(${what} fails)`);
  }

  /** Whether it is an opening's sync of what a killed process left: after its error every later sync says yes. */
  #isSyncOfUnsynced({ kind, path }: Operation): boolean {
    return this.#at.isUnsynced && this.#at.doing === "open" && kind === "syncDirectory" && path === DIRECTORY;
  }

  #faultOf(operation: Operation): Fault | undefined {
    const { random, failures, openingFailures } = this.#world;
    const eio = { kind: "error", errno: "EIO" } as const;
    const { unreadable } = this.#weather;
    if (unreadable !== undefined && operation.kind === "open" && operation.path.startsWith(pathOf(nameOf("checkpoint", unreadable)))) return eio;
    if (!changesCheckpoints(operation)) return undefined;
    const isFailing = random() < (this.#isSyncOfUnsynced(operation) ? openingFailures : failures);
    if (!isFailing) this.#meanwhile(operation);
    if (isFailing) this.#failed(`${operation.kind} ${operation.path}`);
    if (!isFailing && operation.kind === "rename" && operation.path.startsWith(pathOf("checkpoint_"))) this.#at.oracle.removing(Number.parseInt(operation.path.slice(-16), 16));
    this.#subject.observe(operation, isFailing ? "failed" : "done");
    return isFailing ? eio : undefined;
  }

  /** What else the program does while a checkpoint is written. */
  #meanwhile(operation: Operation): void {
    const { random, failures } = this.#world;
    if (!["checkpoint", "two checkpoints", "compact"].includes(this.#at.doing)) return;
    const choice = random();
    if (choice < 0.03) this.#commit(1);
    const isPublished = operation.kind === "rename" && operation.path.startsWith(pathOf("tmp_"));
    if (!isPublished) return;
    if (choice > 0.97 && this.#at.oracle.commits.length > 2 && this.#goBack(this.#at.oracle.commits.length - 2)) this.#disturbance = "fenced";
    else if (choice > 0.94 && failures > 0) this.#failReads();
  }
}

const isDiskFailure = (error: unknown): boolean => error instanceof Error && (error.name === "DiskFailed" || ("code" in error && error.code === "CHECKPOINT_IO"));

/** A life, and then those that go on from its crashes. Throws for the first promise that isn't kept. */
export async function explore(world: World, name: string): Promise<void> {
  const descend = async (at: Situation): Promise<void> => {
    if (world.enough()) return;
    const life = new Life(world, at);
    await life.live();
    for (const { image, log, oracle, trail, isUnsynced } of life.children) await descend({ disk: image.mount(), log, oracle, isUnsynced, depth: at.depth + 1, trail: [...trail], doing: "open" });
  };
  await descend({ disk: createSimulatedDisk(), log: new LogOnDisk(), oracle: new Oracle(), isUnsynced: false, depth: 0, trail: [name], doing: "open" });
}
