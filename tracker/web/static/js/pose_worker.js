// Finds the body in one picture at a time. A module worker, so that the page stays smooth while MediaPipe computes.
// In:  {type: "start", urls: {bundle, wasm, model}}   {type: "frame", id, bitmap, time_s}
// Out: {type: "ready"}   {type: "pose", id, time_s, width, height, values, found, took_ms, bitmap}   {type: "failed", id, message}
// `values` is a Float32Array of 33 x (x, y, z, visibility), normalised to the picture; found = false: nobody is there.
// The picture goes back to the page, which shows it with its landmarks and closes it; it goes nowhere else.

const VALUES = 33 * 4;
let landmarker = null;
let lastTimestamp = 0;

async function start(urls) {
  const { FilesetResolver, PoseLandmarker } = await import(urls.bundle);
  const fileset = await FilesetResolver.forVisionTasks(urls.wasm, true);
  landmarker = await PoseLandmarker.createFromOptions(fileset, {
    baseOptions: { modelAssetPath: urls.model, delegate: "CPU" },
    runningMode: "VIDEO",
    numPoses: 1,
    outputSegmentationMasks: false,
  });
  warmUp();
  postMessage({ type: "ready" });
}

/** The first picture takes far longer than the others; it should not be the person's. */
function warmUp() {
  const blank = new OffscreenCanvas(256, 256);
  blank.getContext("2d").fillRect(0, 0, 256, 256);
  lastTimestamp = 1;
  landmarker.detectForVideo(blank.transferToImageBitmap(), lastTimestamp).close?.();
}

function look({ id, bitmap, time_s: timeS }) {
  const began = performance.now();
  // MediaPipe wants milliseconds that only grow; a file chosen a second time starts again at zero.
  const stamp = Math.max(lastTimestamp + 1, Math.round(timeS * 1000));
  const { width, height } = bitmap;
  const values = new Float32Array(VALUES);
  const result = landmarker.detectForVideo(bitmap, stamp);
  lastTimestamp = stamp;
  const points = result.landmarks[0];
  const found = points !== undefined;
  if (found) points.forEach((point, index) => values.set([point.x, point.y, point.z, point.visibility], index * 4));
  result.close?.();
  const message = { type: "pose", id, time_s: timeS, width, height, values, found, took_ms: performance.now() - began };
  postMessage({ ...message, bitmap }, [values.buffer, bitmap]);
}

onmessage = async ({ data }) => {
  try {
    if (data.type === "start") await start(data.urls);
    else if (data.type === "frame") look(data);
  } catch (error) {
    postMessage({ type: "failed", id: data.id, message: String(error?.message ?? error) });
  }
};
