import { lockDirectory, makeDirectories, nodeDisk, writeFully, type Disk } from "@laminar/disk";
import { crc32 } from "@laminar/disk/checksum";

/** Writes a file through the port and gives its checksum the value that everybody's CRC-32 gives. */
export async function use(directory: string): Promise<void> {
  const disk: Disk = nodeDisk;
  await makeDirectories(disk, `${directory}/a/b`);
  const lock = await lockDirectory(disk, `${directory}/a`);
  const file = await disk.create(`${directory}/a/b/digits`);
  await writeFully(
    file,
    0,
    Uint8Array.from("123456789", (digit) => digit.charCodeAt(0)),
  );
  await file.sync();
  const bytes = await file.read(0, new Uint8Array(9));
  await file.close();
  await lock.release();
  if (bytes !== 9) throw new Error(`read ${bytes} bytes of 9`);
  if (crc32(Uint8Array.from("123456789", (digit) => digit.charCodeAt(0))) !== 0xcbf43926)
    throw new Error("not the CRC-32 of IEEE 802.3");
}
