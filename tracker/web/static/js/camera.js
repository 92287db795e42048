// The camera: may we, is there one, which one. Every refusal is a key for a sentence that says what to do.

// No height and no cropping: a browser that cuts the picture to a wished shape would cut off hands and heads.
const WANTED = { width: { ideal: 640 }, frameRate: { ideal: 30 }, resizeMode: { ideal: "none" } };
const DEVICE_KEY = "rhomboid.camera";

const PROBLEMS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** Why the camera cannot be used here at all, or null. Browsers give it to secure origins only. */
export function cameraObstacle() {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia) return "unsupported";
  return null;
}

export class CameraError extends Error {
  constructor(key) {
    super(key);
    this.key = key;
  }
}

function remembered() {
  try {
    return localStorage.getItem(DEVICE_KEY);
  } catch {
    return null;
  }
}

/** Opens a camera (the given one, the last one used, or the browser's choice). Throws CameraError. */
export async function openCamera(deviceId = remembered()) {
  const obstacle = cameraObstacle();
  if (obstacle) throw new CameraError(obstacle);
  const which = deviceId ? { deviceId: { ideal: deviceId } } : { facingMode: { ideal: "user" } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...WANTED, ...which }, audio: false });
  } catch (error) {
    throw new CameraError(PROBLEMS[error.name] ?? "other");
  }
}

export function rememberCamera(deviceId) {
  try {
    localStorage.setItem(DEVICE_KEY, deviceId);
  } catch {
    /* the browser asks again next time */
  }
}

/** The cameras of this device, with names where the browser tells them. */
export async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput" && device.deviceId);
}

export function closeCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
