"""The desktop agent, `tracker watch`: looks through the webcam now and then, keeps minutes, says when to move.

One thread decides (`loop`): it asks what holds the camera back (`holds`, `presence`, `taken`), looks (`cameras`), lets
the engine judge (`exercises.posture_wire`), and keeps seconds under their UTC minute (`minutes`, `spool`). Two threads
wait for others: one for the desktop (`desk`: D-Bus signals, notices), one for the server (`courier`). What they know
passes through the spool, one SQLite file, so that a program that is killed at any moment has lost nothing older than
a few seconds. Pictures are looked at and forgotten; none is kept or sent.
"""
