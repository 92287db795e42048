// The motion engine (Python, the same files as on the server) under Pyodide. A module worker; one set at a time.
// In:  {type: "start", urls: {pyodide, folder, engine}}
//      {type: "open", exercise, options}    {type: "pose", id, time_s, width, height, values | null}
//      {type: "checkpoint", id}             {type: "finish", id}
// Out: {type: "ready", version}  {type: "feedback", id, feedback, took_ms}  {type: "summary", id, summary, final}
//      {type: "failed", id, message}      (without id: it could not start)
// A checkpoint is the summary the set would have if it ended now; it is taken from a copy, so the set goes on unchanged.

const GLUE = `
import copy, json, sys
sys.path.insert(0, "/engine")
from exercises import ENGINE_VERSION
from exercises.definition import load_library
from exercises.wire import Session

session = None
# Definitions never change and cannot be copied; a copied session shares them.
shared = {id(definition): definition for definition in load_library().values()}

def open_set(exercise, options):
    global session
    session = Session(exercise, json.loads(options))

def see(time_s, values, width, height):
    numbers = None if values is None else values.to_py().tolist()
    return json.dumps(session.frame(time_s, numbers, width, height))

def checkpoint():
    return json.dumps(copy.deepcopy(session, dict(shared)).finish())

def finish():
    return json.dumps(session.finish())
`;

let python = null;

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
  const take = (name) => pyodide.globals.get(name);
  python = { open: take("open_set"), see: take("see"), checkpoint: take("checkpoint"), finish: take("finish") };
  postMessage({ type: "ready", version: take("ENGINE_VERSION") });
}

const handlers = {
  start: ({ urls }) => start(urls),
  open: ({ exercise, options }) => python.open(exercise, JSON.stringify(options)),
  pose: ({ id, time_s: timeS, values, width, height }) => {
    const began = performance.now();
    const feedback = JSON.parse(python.see(timeS, values, width, height));
    postMessage({ type: "feedback", id, feedback, took_ms: performance.now() - began });
  },
  checkpoint: ({ id }) => postMessage({ type: "summary", id, final: false, summary: JSON.parse(python.checkpoint()) }),
  finish: ({ id }) => postMessage({ type: "summary", id, final: true, summary: JSON.parse(python.finish()) }),
};

onmessage = async ({ data }) => {
  try {
    await handlers[data.type](data);
  } catch (error) {
    postMessage({ type: "failed", id: data.id, message: String(error?.message ?? error) });
  }
};
