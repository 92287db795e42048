// The motion engine (Python, the same files as on the server) under Pyodide. A module worker; one set at a time.
// In:  {type: "start", urls: {pyodide, folder, engine}}
//      {type: "open", exercise, options, definition | null}    {type: "pose", id, time_s, width, height, values | null}
//      {type: "checkpoint", id}             {type: "finish", id}
//      {type: "learn", id, recording, name, repetitions | null}    {type: "recount", id, definition}
//      {type: "desk_open", id, session, arguments}    {type: "desk_see", id, session, time_s, values | null, width, height, light}
//      {type: "desk_ask", id, session, name, arguments}        (session: "calibration" or "watch", one of each at a time)
// Out: {type: "ready", version}  {type: "feedback", id, feedback, took_ms}  {type: "summary", id, summary, final}
//      {type: "result", id, result}     {type: "failed", id, message}      (without id: it could not start)
// A checkpoint is the summary the set would have if it ended now; it is taken from a copy, so the set goes on unchanged.

const GLUE = `
import copy, json, sys
sys.path.insert(0, "/engine")
from exercises import ENGINE_VERSION
from exercises.definition import Definition
from exercises.wire import Session

session = None
# Definitions never change and cannot be copied; a copied session shares them.
Definition.__deepcopy__ = lambda definition, memo: definition

def open_set(exercise, options, definition):
    global session
    session = Session(exercise, json.loads(options), json.loads(definition))

def see(time_s, values, width, height):
    numbers = None if values is None else values.to_py().tolist()
    return json.dumps(session.frame(time_s, numbers, width, height))

def checkpoint():
    return json.dumps(copy.deepcopy(session).finish())

def finish():
    return json.dumps(session.finish())
`;

// Only whoever records an exercise needs it, so it is loaded when it is first asked for.
const LEARNING = `
import json
from exercises import learning_wire
from exercises.definition import DefinitionError, definition_from_document
from exercises.figure import figure_frames

recording = None
working_side = None

def keep(times, values, found, width, height):
    global recording
    numbers, size = values.to_py().tolist(), 4 * 33
    flats = [numbers[n * size:(n + 1) * size] if there else None for n, there in enumerate(found.to_py().tolist())]
    recording = times.to_py().tolist(), flats, width, height

def learn(name, repetitions):
    global working_side
    learned = learning_wire.learn_from_flat(*recording, name, json.loads(repetitions))
    if "error" in learned:
        return json.dumps({"trouble": learned["error"]})
    working_side = learned["side"]
    return json.dumps({"learned": learned})

def recount(text):
    document = json.loads(text)
    try:
        definition = definition_from_document(document, "")
    except DefinitionError as error:
        return json.dumps({"refused": {"key": error.key, "reason": error.reason}})
    answer = {"figure": figure_frames(definition)}
    if recording is not None:
        answer["recount"] = learning_wire.recount(document, *recording, working_side)
    return json.dumps(answer)
`;

// Only the desk needs it.
const DESK = `
import json
from exercises.posture_wire import CalibrationSession, WatchSession

sessions = {}

def open_desk(session, arguments):
    made = {"calibration": CalibrationSession, "watch": WatchSession.of_readable}[session]
    sessions[session] = made(*json.loads(arguments))

def see_at_desk(session, time_s, values, width, height, light):
    numbers = None if values is None else values.to_py().tolist()
    return json.dumps(sessions[session].frame(time_s, numbers, width, height, light))

def ask_desk(session, name, arguments):
    return json.dumps(getattr(sessions[session], name)(*json.loads(arguments)))
`;

let pyodideHere = null;
let python = null;
let learning = null;
let desk = null;

async function start(urls) {
  const [{ loadPyodide }, archive] = await Promise.all([
    import(urls.pyodide),
    fetch(urls.engine).then((response) => {
      if (!response.ok) throw new Error(`engine: ${response.status}`);
      return response.arrayBuffer();
    }),
  ]);
  const pyodide = await loadPyodide({ indexURL: urls.folder });
  pyodide.unpackArchive(archive, "zip", { extractDir: "/engine" });
  pyodide.runPython(GLUE);
  pyodideHere = pyodide;
  const take = (name) => pyodide.globals.get(name);
  python = { open: take("open_set"), see: take("see"), checkpoint: take("checkpoint"), finish: take("finish") };
  postMessage({ type: "ready", version: take("ENGINE_VERSION") });
}

function learningTools() {
  if (learning === null) {
    pyodideHere.runPython(LEARNING);
    const take = (name) => pyodideHere.globals.get(name);
    learning = { keep: take("keep"), learn: take("learn"), recount: take("recount") };
  }
  return learning;
}

function deskTools() {
  if (desk === null) {
    pyodideHere.runPython(DESK);
    const take = (name) => pyodideHere.globals.get(name);
    desk = { open: take("open_desk"), see: take("see_at_desk"), ask: take("ask_desk") };
  }
  return desk;
}

const handlers = {
  start: ({ urls }) => start(urls),
  open: ({ exercise, options, definition }) =>
    python.open(exercise, JSON.stringify(options), JSON.stringify(definition ?? null)),
  pose: ({ id, time_s: timeS, values, width, height }) => {
    const began = performance.now();
    // Nobody there: Python's None is undefined here; a null would arrive as an object of its own.
    const feedback = JSON.parse(python.see(timeS, values ?? undefined, width, height));
    postMessage({ type: "feedback", id, feedback, took_ms: performance.now() - began });
  },
  checkpoint: ({ id }) => postMessage({ type: "summary", id, final: false, summary: JSON.parse(python.checkpoint()) }),
  finish: ({ id }) => postMessage({ type: "summary", id, final: true, summary: JSON.parse(python.finish()) }),
  learn: ({ id, recording, name, repetitions }) => {
    const { times, values, found, width, height } = recording;
    learningTools().keep(times, values, found, width, height);
    postMessage({ type: "result", id, result: JSON.parse(learningTools().learn(name, JSON.stringify(repetitions))) });
  },
  recount: ({ id, definition }) =>
    postMessage({ type: "result", id, result: JSON.parse(learningTools().recount(JSON.stringify(definition))) }),
  desk_open: ({ id, session, arguments: given }) => {
    deskTools().open(session, JSON.stringify(given));
    postMessage({ type: "result", id, result: null });
  },
  desk_see: ({ id, session, time_s: timeS, values, width, height, light }) => {
    const said = deskTools().see(session, timeS, values ?? undefined, width, height, light ?? undefined);
    postMessage({ type: "result", id, result: JSON.parse(said) });
  },
  desk_ask: ({ id, session, name, arguments: given }) =>
    postMessage({ type: "result", id, result: JSON.parse(deskTools().ask(session, name, JSON.stringify(given))) }),
};

onmessage = async ({ data }) => {
  try {
    await handlers[data.type](data);
  } catch (error) {
    postMessage({ type: "failed", id: data.id, message: String(error?.message ?? error) });
  }
};
