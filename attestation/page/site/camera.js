// The phone's camera: frames are looked at one after the other, on this device, until the
// camera is stopped. No frame is kept.

import { readPixels } from './picture.js';
import { Unusable } from './trust.js';

/** The longer side of a frame that is looked at, in pixels: 93 modules take a third of it. */
const SIDE_PX = 1280;
/** The rest between two looks, in milliseconds, so that the page stays responsive. */
const REST_MS = 80;

export class Camera {
  #stream = null;

  constructor(engine, video) {
    this.engine = engine;
    this.video = video;
  }

  get isOn() {
    return this.#stream !== null;
  }

  /** Opens the camera and calls `found` with each text, until it is stopped. */
  async start(found) {
    this.#stream = await open();
    this.video.srcObject = this.#stream;
    await this.video.play();
    this.#look(found, this.#stream);
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.video.srcObject = null;
  }

  #look(found, stream) {
    // Stopped, or stopped and started again.
    if (this.#stream !== stream) return;
    const { videoWidth, videoHeight } = this.video;
    const text = videoWidth > 0 && readPixels(this.engine, this.video, videoWidth, videoHeight, SIDE_PX);
    if (text) found(text);
    if (this.#stream === stream) setTimeout(() => this.#look(found, stream), REST_MS);
  }
}

async function open() {
  if (!navigator.mediaDevices?.getUserMedia) throw new Unusable('camera_missing');
  const video = { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    const codes = { NotAllowedError: 'camera_denied', SecurityError: 'camera_denied', NotFoundError: 'camera_missing', OverconstrainedError: 'camera_missing' };
    throw new Unusable(codes[error.name] ?? 'camera_failed');
  }
}
