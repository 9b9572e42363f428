// A receipt's text from pixels: a picture that the visitor opened, or a frame of the camera.

import { Unusable } from './trust.js';

/** Larger than any photo of a code needs to be, in bytes. */
const MAX_FILE_BYTES = 32 << 20;
/** The longer side, in pixels, at which the code is looked for: one of them suits most photos. */
const SIDES_PX = [1600, 1000, 2400, 640];

/** The text in a picture file. */
export async function readPicture(engine, file) {
  if (file.size > MAX_FILE_BYTES) throw new Unusable('picture_unreadable');
  const picture = await createImageBitmap(file).catch(() => {
    throw new Unusable('picture_unreadable');
  });
  try {
    for (const side of SIDES_PX) {
      const text = readPixels(engine, picture, picture.width, picture.height, side);
      if (text) return text;
      await new Promise((resume) => setTimeout(resume));
    }
  } finally {
    picture.close();
  }
  throw new Unusable('picture_without_code');
}

/** The text in anything that a canvas can draw, at no more than `side` pixels; or ''. */
export function readPixels(engine, source, width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  // A transparent background would be black on black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return engine.scan(grey(data), canvas.width);
}

/** Luma of ITU-R BT.601, in 256ths. */
function grey(rgba) {
  const pixels = new Uint8Array(rgba.length / 4);
  for (let at = 0, from = 0; at < pixels.length; at += 1, from += 4) {
    pixels[at] = (77 * rgba[from] + 150 * rgba[from + 1] + 29 * rgba[from + 2]) >> 8;
  }
  return pixels;
}
