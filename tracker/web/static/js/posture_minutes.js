// Minutes at the desk: what the engine counted, by the minute of the wall clock. Pure: no clock and no storage of its own.
//
// The engine counts in fractions of a second and is asked every few seconds; a minute on the server has whole seconds,
// at most sixty. What rounding leaves over goes to the next minute, so that an hour is not a minute too long or short.

const MINUTE_MS = 60000;
const LONGEST_S = 60;
const SECONDS = ["comfort_s", "slouch_s", "away_s", "unknown_s"];

/** The number of the minute in which an instant lies, counted from 1970. */
export const minuteOf = (atMs) => Math.floor(atMs / MINUTE_MS);

export const isoOf = (minute) => new Date(minute * MINUTE_MS).toISOString();

const zeros = () => Object.fromEntries(SECONDS.map((name) => [name, 0]));

const total = (found) => SECONDS.reduce((sum, name) => sum + found[name], 0);

/** A bucket for a minute; `before`: what is already stored of it, when a page was loaded again within it. */
export function openBucket(minute, before = null) {
  const bucket = {
    minute, ...zeros(), changes: 0, stands: 0, movement_sum: 0, score_sum: 0, still_s: 0, view: null, baseline_id: null,
  };
  if (!before) return bucket;
  for (const name of SECONDS) bucket[name] = before[name];
  const watched = total(before);
  return {
    ...bucket,
    changes: before.changes,
    stands: before.stands,
    movement_sum: before.movement * watched,
    score_sum: (before.score ?? 0) * (before.comfort_s + before.slouch_s),
    still_s: before.still_s,
    view: before.view,
    baseline_id: before.baseline_id,
  };
}

/** Add what the engine counted since it was last asked. */
export function add(bucket, tally) {
  for (const name of SECONDS) bucket[name] += tally[name];
  bucket.changes += tally.changes;
  bucket.stands += tally.stands;
  bucket.movement_sum += (tally.movement ?? 0) * total(tally);
  if (tally.score !== null) bucket.score_sum += tally.score * (tally.comfort_s + tally.slouch_s);
  bucket.still_s = tally.still_s;
  bucket.view = tally.view ?? bucket.view;
  bucket.baseline_id = tally.baseline_id ?? bucket.baseline_id;
}

/**
 * The bucket as the server takes it, or null when it has less than a second. `carried` (seconds by state, may be
 * negative) is what rounding left over before; the new remainder comes back in `left`.
 */
export function wholeMinute(bucket, carried = zeros()) {
  const share = Math.min(1, LONGEST_S / Math.max(total(bucket), 1));
  const whole = {};
  const left = {};
  let room = LONGEST_S;
  for (const name of SECONDS) {
    const exact = bucket[name] * share + carried[name];
    whole[name] = Math.min(room, Math.max(0, Math.round(exact)));
    room -= whole[name];
    left[name] = Math.min(0.5, Math.max(-0.5, exact - whole[name]));
  }
  if (total(whole) === 0) return { minute: null, left };
  const seen = bucket.comfort_s + bucket.slouch_s;
  const known = seen > 0 && whole.comfort_s + whole.slouch_s > 0;
  return {
    minute: {
      at: isoOf(bucket.minute),
      ...whole,
      changes: bucket.changes,
      stands: bucket.stands,
      movement: Math.round((bucket.movement_sum / Math.max(total(bucket), 1)) * 1000) / 1000,
      still_s: Math.round(bucket.still_s),
      score: known ? Math.round(Math.min(100, Math.max(0, bucket.score_sum / seen))) : null,
      view: bucket.view,
      baseline_id: bucket.baseline_id,
    },
    left,
  };
}
