/** Hash slots of a job, as in Redis Cluster. */
export const slotCount = 16_384;

const crc16Table = buildCrc16Table();

/** CRC16-CCITT (XModem: polynomial 0x1021, initial value 0), the function the Redis Cluster specification names. */
function buildCrc16Table(): Uint16Array {
  const table = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = crc;
  }
  return table;
}

const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Slot of the key in `bytes[start, end)`: CRC16 of the key, or of its tag, the part between the first
 * `{` and the next `}` if that is not empty; modulo 16,384.
 */
export function slotOfBytes(bytes: Uint8Array, start: number, end: number): number {
  for (let open = start; open < end; open++) {
    if (bytes[open] !== openBrace) continue;
    let close = open + 1;
    while (close < end && bytes[close] !== closeBrace) close++;
    if (close > open + 1 && close < end) return crc16(bytes, open + 1, close) & (slotCount - 1);
    break;
  }
  return crc16(bytes, start, end) & (slotCount - 1);
}

/** Slot of a key given as text (UTF-8) or bytes. */
export function slotOf(key: string | Uint8Array): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key;
  return slotOfBytes(bytes, 0, bytes.length);
}

function crc16(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at++) {
    crc = ((crc << 8) & 0xffff) ^ (crc16Table[((crc >> 8) ^ (bytes[at] as number)) & 0xff] as number);
  }
  return crc;
}
