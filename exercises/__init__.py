"""The motion engine of Rhomboid: poses in, judged repetitions and holds out.

Standard library only, because the same files run under CPython (command line, server, tests) and under Pyodide in
the patient's browser. Nothing here opens a camera, a socket or a database, and nothing asks for the time: every
pose carries its own time stamp.
"""

ENGINE_VERSION = "2.1.0"
"""Version of the judgement. It is stored with every result; change it whenever a count or a score could change."""
