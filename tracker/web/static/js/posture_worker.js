// The pulse of the desk. A worker, because a hidden tab's own timers, animation frames and video callbacks are slowed down
// or stopped, and a worker's are not. Where the browser can hand a camera's pictures to a worker, they are read here and
// the page is bothered only with those that are due; elsewhere the page is asked to copy one from its video.
//
// In:  {type: "open", readable | null}   {type: "offer", bitmap}   {type: "next", in_s, wake}   {type: "close"}
// Out: {type: "tick"} every second   {type: "please"}: offer a picture   {type: "ended"}: the camera gives no more
//      {type: "silent"}: it is open and gives nothing
//      {type: "picture", bitmap, light, stirred}: due, or something has stirred; no other comes before "next"
import { Glance, STIRRED_SHARE } from "./posture_glance.js";

const TICK_MS = 1000;
const BEAT_MS = 125;
const GLANCE_EVERY_MS = 500;
const SILENT_MS = 6000;
const LARGEST_SIDE = 640;

let glance = null;
let reader = null;
let open = false;
let asking = false; // the page copies pictures
let waiting = false; // the page judges one
let dueAt = 0;
let wake = true;
let glancedAt = 0;
let heardAt = 0;
let ticked = 0;

/** How long until the next minute of the wall clock, in which seconds are counted to another bucket. */
const toMinute = () => 60000 - (Date.now() % 60000);

function due(now) {
  return now >= dueAt;
}

/** Take a picture that somebody else closes: look at it a little, pass it on if it is time or if something stirs. */
async function consider(picture) {
  const now = performance.now();
  heardAt = now;
  if (waiting || !open) return;
  const isDue = due(now);
  if (!isDue && (!wake || now - glancedAt < GLANCE_EVERY_MS)) return;
  glancedAt = now;
  const seen = glance.look(picture, isDue);
  if (!isDue && seen.stirred < STIRRED_SHARE) return;
  waiting = true;
  try {
    const bitmap = await smaller(picture);
    if (open) postMessage({ type: "picture", bitmap, ...seen }, [bitmap]);
    else bitmap.close();
  } catch {
    waiting = false; // the camera is just turning: the next one comes soon
  }
}

function smaller(picture) {
  const width = picture.displayWidth ?? picture.width;
  const height = picture.displayHeight ?? picture.height;
  const share = Math.min(1, LARGEST_SIDE / Math.max(width, height));
  if (share === 1) return createImageBitmap(picture);
  return createImageBitmap(picture, {
    resizeWidth: Math.round(width * share),
    resizeHeight: Math.round(height * share),
    resizeQuality: "medium",
  });
}

async function read(readable) {
  const mine = readable.getReader();
  reader = mine;
  try {
    for (;;) {
      const { value: frame, done } = await mine.read();
      if (done) break;
      try {
        await consider(frame);
      } finally {
        frame.close(); // a camera has few pictures to lend
      }
    }
  } catch {
    /* taken away: the same as ended */
  }
  if (reader === mine) {
    reader = null;
    postMessage({ type: "ended" });
  }
}

function begin({ readable }) {
  end();
  glance = new Glance();
  open = true;
  waiting = false;
  dueAt = 0;
  heardAt = performance.now();
  asking = !readable;
  if (readable) read(readable);
}

function end() {
  open = false;
  asking = false;
  const last = reader;
  reader = null;
  last?.cancel().catch(() => {});
}

function beat() {
  const now = performance.now();
  if (asking && !waiting && (due(now) || (wake && now - glancedAt >= GLANCE_EVERY_MS))) postMessage({ type: "please" });
  if (open && now - heardAt > SILENT_MS) {
    heardAt = now;
    postMessage({ type: "silent" });
  }
  if (now - ticked < TICK_MS) return;
  ticked = now;
  postMessage({ type: "tick" });
}

const handlers = {
  open: begin,
  close: end,
  offer: ({ bitmap }) => consider(bitmap).finally(() => bitmap.close()),
  next: ({ in_s: inS, wake: mayWake }) => {
    waiting = false;
    wake = mayWake;
    dueAt = performance.now() + Math.min(inS * 1000, toMinute() + 20);
  },
};

onmessage = ({ data }) => handlers[data.type]?.(data);
setInterval(beat, BEAT_MS);
