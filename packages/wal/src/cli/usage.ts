export const USAGE = `Looks at a write-ahead log. Changes nothing, takes no lock, works beside a live writer.

Usage: laminar-wal <command> <directory> [options]     (npx @laminar/wal ...)

Commands
  inspect   what stands in the directory: segments, record numbers, sessions, fences,
            leftovers, the lock. Reads headers, and the newest segment
  verify    reads everything; says whether it is whole, and if not, what is wrong where
  dump      the entries, one JSON object a line

Options of inspect and verify
  --json            one JSON object instead of text

Options of dump
  --after LSN       only records above this number
  --limit N         at most so many lines
  --unproven        also what verifies but isn't proven durable yet
  --msgpack         entries of a log with a codec decoded as MessagePack where they are that
                    (those of msgpackCodec)
  --on-damage stop  print what can be read in order, say on stderr where the damage is, and
                    exit with 1. Without it damage ends the dump with an error: at once when
                    it is in a segment's header or at the end, else when it is reached
  --salvage         the same, and go on behind the damage with every batch that verifies by
                    itself, proven durable or not. Such lines say "salvaged":true; between
                    them others may be missing. What segment headers say still holds (fenced
                    and dropped records stay out); where a header can't be read, records
                    that only it took out of use show again

  --help, --version

Lines of dump
  {"lsn":1,"session":1,"type":"put","key":BYTES,"value":BYTES}
  {"lsn":2,"session":1,"type":"delete","key":BYTES}
  {"lsn":3,"session":1,"type":"commit","offsets":{"source":"7"},"watermark":"9"}
  {"lsn":4,"session":1,"type":"checkpoint","id":5}
  {"lsn":5,"session":1,"type":"entry","value":BYTES}          (a log with a codec)
  BYTES is a string when they are UTF-8 text without control characters other than tab and
  line ends, and {"base64":"..."} otherwise; each gives back exactly the bytes. Offsets and
  watermarks have 64 bits and are decimal strings; a commit without watermark has none.
  session tells which writer wrote the record.
  With --msgpack an entry has "decoded" instead of "value": JSON, and for what JSON lacks an
  object of one key: $bytes (base64), $bigint, $date, $map (pairs), $number (-0, NaN and the
  infinities), $undefined, and $object (pairs) for an object that would look like one of these.

Exit codes
  0  fine
  1  damage found: corrupt, suspected, or a segment is lost
  2  wrong arguments
  3  it couldn't be read: no log there, a failure of the disk, no permission, another
     release's format, records that aren't held (or were dropped while they were read)
`;
