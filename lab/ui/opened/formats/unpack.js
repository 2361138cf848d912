// A file's bytes, unpacked if they are compressed with gzip or zstd, as far as they may be.

import { unpackZstd } from "./zstd.js";

/** The largest file that is read, also once it is unpacked. */
const LARGEST = 256 << 20;

/**
 * @param {Blob} file
 * @returns {Promise<Uint8Array>}
 */
export async function unpacked(file) {
  const [a, b, c, d] = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (a === 0x1f && b === 0x8b) return damaged(async () => bytesOf(file.stream().pipeThrough(new DecompressionStream("gzip"))));
  const bytes = await bytesOf(file.stream());
  if (a !== 0x28 || b !== 0xb5 || c !== 0x2f || d !== 0xfd) return bytes;
  return damaged(async () => unpackZstd(bytes, bounded));
}

/** @param {ReadableStream<Uint8Array>} stream */
async function bytesOf(stream) {
  const reader = stream.getReader();
  /** @type {Uint8Array[]} */
  const pieces = [];
  let length = 0;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      length += piece.value.length;
      bounded(length);
      pieces.push(piece.value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** @param {() => Promise<Uint8Array>} unpack */
async function damaged(unpack) {
  try {
    return await unpack();
  } catch (error) {
    if (error instanceof TooLarge) throw error;
    throw new Error(`it cannot be unpacked, since it is damaged or was cut: ${/** @type {Error} */ (error).message}`);
  }
}

class TooLarge extends Error {}

/** @param {number} bytes */
function bounded(bytes) {
  if (bytes > LARGEST) throw new TooLarge(`it has more than ${LARGEST >> 20} MiB: open it with \`faultmart lab FILE\``);
}
