/** Creates the files that the tests add to the page. */
import { crc32 as zlibCrc32, deflateSync, inflateRawSync } from "node:zlib";

/** The checksum of PNG and ZIP; Node has it only since 20.15. */
export function crc32(bytes) {
  if (zlibCrc32 !== undefined) return zlibCrc32(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** An 8-bit gray PNG; `gray` gives the value at a pixel. */
export function grayPng(width, height, gray) {
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = gray(x, y);
  }
  return png(width, height, deflateSync(rows));
}

/** A small image with one to four nuclei, a different one for each seed, as `{ name, bytes }`. */
export function smallImage(seed, side = 64) {
  const random = randomNumbers(seed);
  const between = (least, most) => least + random() * (most - least);
  const nuclei = Array.from({ length: 1 + (seed % 4) }, (_, place) => ({
    x: side * (0.27 + 0.46 * (place % 2)) + between(-2, 2),
    y: side * (0.27 + 0.46 * (place >> 1)) + between(-2, 2),
    radius: between(6, 9),
  }));
  const bytes = grayPng(side, side, (x, y) => {
    const isInside = nuclei.some((nucleus) => Math.hypot(x - nucleus.x, y - nucleus.y) < nucleus.radius);
    return Math.round((isInside ? 150 : 20) + between(0, 12));
  });
  return { name: `small-${String(seed).padStart(4, "0")}.png`, bytes };
}

/** Numbers from 0 to 1 that are the same for the same seed: mulberry32. */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A PNG whose header gives a size that its few bytes cannot contain. */
export function hugeHeaderPng(width, height) {
  return png(width, height, deflateSync(Buffer.alloc(64)));
}

function png(width, height, data) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** A ZIP archive of `{ path, bytes }` entries, stored as they are. */
export function zip(entries) {
  const locals = [];
  const central = [];
  let offset = 0;
  for (const { path, bytes } of entries) {
    const name = Buffer.from(path, "utf8");
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x0800, 2);
    fields.writeUInt16LE(0x21, 8);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    locals.push(Buffer.from("PK\x03\x04", "latin1"), fields, name, bytes);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from("PK\x01\x02", "latin1"), Buffer.from([20, 0]), fields, tail, name);
    offset += 30 + name.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from("PK\x05\x06", "latin1"), end]);
}

/** The entries of a ZIP archive, by name. */
export function unzip(archive) {
  const bytes = Buffer.from(archive);
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = bytes.readUInt32LE(end + 16);
  const entries = new Map();
  for (let count = bytes.readUInt16LE(end + 10); count > 0; count--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const start = bytes.readUInt32LE(at + 42);
    const data = start + 30 + bytes.readUInt16LE(start + 26) + bytes.readUInt16LE(start + 28);
    const packed = bytes.subarray(data, data + bytes.readUInt32LE(at + 20));
    const isDeflated = bytes.readUInt16LE(at + 10) === 8;
    entries.set(bytes.toString("utf8", at + 46, at + 46 + name), isDeflated ? inflateRawSync(packed) : packed);
    at += 46 + name + extra + comment;
  }
  return entries;
}

/** An ImageJ hyperstack of 16-bit planes: `value(channel, slice, x, y)`, channels before slices. */
export function imageJStack(width, height, channels, slices, value) {
  const description = `ImageJ=1.54f\nimages=${channels * slices}\nchannels=${channels}\nslices=${slices}\nhyperstack=true\nmode=grayscale\nunit=micron\n\0`;
  return stack(description, width, height, channels, slices, value);
}

/** An OME-TIFF of 16-bit channels with names and, where given, colours: `value(channel, x, y)`. */
export function omeTiff(width, height, channels, value) {
  const elements = channels.map(({ name, color }) => {
    const [red, green, blue] = color ?? [];
    return `<Channel Name="${name}"${color ? ` Color="${(red << 24) | (green << 16) | (blue << 8) | 255}"` : ""}/>`;
  });
  const pixels = `SizeX="${width}" SizeY="${height}" SizeC="${channels.length}" SizeZ="1" SizeT="1" DimensionOrder="XYCZT" Type="uint16"`;
  const description = `<OME><Image><Pixels ${pixels}>${elements.join("")}<TiffData/></Pixels></Image></OME>\0`;
  return stack(description, width, height, channels.length, 1, (channel, _, x, y) => value(channel, x, y));
}

/** A TIFF of 16-bit planes, each a page, with a description in all of them. */
function stack(text, width, height, channels, slices, value) {
  const description = Buffer.from(text, "latin1");
  const planes = [];
  for (let slice = 0; slice < slices; slice++) {
    for (let channel = 0; channel < channels; channel++) {
      const plane = Buffer.alloc(width * height * 2);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) plane.writeUInt16LE(value(channel, slice, x, y), (y * width + x) * 2);
      }
      planes.push(plane);
    }
  }
  const directorySize = 2 + 12 * 12 + 4;
  const descriptionAt = 8;
  const resolutionAt = descriptionAt + description.length + (description.length % 2);
  let at = resolutionAt + 8;
  const pages = planes.map((plane) => {
    const page = { plane, planeAt: at, directoryAt: at + plane.length };
    at = page.directoryAt + directorySize;
    return page;
  });
  const file = Buffer.alloc(at);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(pages[0].directoryAt, 4);
  description.copy(file, descriptionAt);
  // Two pixels per micrometre.
  file.writeUInt32LE(2, resolutionAt);
  file.writeUInt32LE(1, resolutionAt + 4);
  pages.forEach(({ plane, planeAt, directoryAt }, index) => {
    plane.copy(file, planeAt);
    const tags = [
      [256, 4, 1, width],
      [257, 4, 1, height],
      [258, 3, 1, 16],
      [259, 3, 1, 1],
      [262, 3, 1, 1],
      [270, 2, description.length, descriptionAt],
      [273, 4, 1, planeAt],
      [277, 3, 1, 1],
      [278, 4, 1, height],
      [279, 4, 1, plane.length],
      [282, 5, 1, resolutionAt],
      [283, 5, 1, resolutionAt],
    ];
    file.writeUInt16LE(tags.length, directoryAt);
    tags.forEach(([tag, type, count, content], entry) => {
      const entryAt = directoryAt + 2 + 12 * entry;
      file.writeUInt16LE(tag, entryAt);
      file.writeUInt16LE(type, entryAt + 2);
      file.writeUInt32LE(count, entryAt + 4);
      file.writeUInt32LE(content, entryAt + 8);
    });
    file.writeUInt32LE(pages[index + 1]?.directoryAt ?? 0, directoryAt + 2 + 12 * tags.length);
  });
  return file;
}
