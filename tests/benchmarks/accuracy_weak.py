"""The last section of docs/accuracy.md, written by hand: where the engine is weak. Keep it true when that changes."""

WEAK = """
## Where the engine is weak

**The evidence.** Every recording above was looked at while developing, so the real numbers are too kind. They are
few: a handful of people, and of the one patient only the joints of a Kinect. Synthetic bodies have the rigid limbs
of one average adult and white noise; a real tracker loses a hand behind a hip for a second and then insists. No range
was compared with a goniometer. What is missing most: recordings of patients, of many builds, in real rooms.

**Who is in the picture.** One person is judged. Somebody who stands apart, or is of another size, is noticed by the
leap of the skeleton. Two people of the same size in the same place are one person to this engine.

**What looks like the exercise is the exercise.** Drinking from a glass is an elbow bend, sitting down is a squat, an
arm raised to greet somebody is a shoulder test. Such movements are left out of the distractions above where they are
the exercise, and there they may count. Half a gesture may be noted as a partial repetition; the tables above say how
often.

**One arm for two.** Exercises of both arms expect both. Who does an overhead press with one arm, or with the arms in
turn, gets partial repetitions with the reason `one_side_only` and no count: the library has no one-armed variants of
them. In views that judge the side near the camera, the far arm may do anything.

**Floor exercises.** Plank, dead bug, bird dog and child's pose were never tried on a recording of a person. Lying and
kneeling bodies are harder for pose models than standing ones, above all on the far side, so only the near side is
judged.

**The view.** The turn of the trunk is known to 10 to 20 degrees. A front view turned by about 40 degrees may still be
taken for front on a broad-shouldered person, unless the definition also has an oblique view; a range can then leave
its band. An arm that is raised forward and seen from the front points at the camera: its angle comes from the height
of the elbow and the learnt length of the arm, and is coarse near hanging and overhead. A turn of the trunk is coarse
below 20 degrees. Turning an arm about its own axis, the shoulder blades and the single parts of the spine are not
seen at all.

**The picture.** Below 4 pictures a second nothing is judged. Between 4 and 8 a fast peak can fall between two
pictures; the sets above begin at 10. In small clips (the presses from the side are 288 pixels wide) a joint is a few
pixels, angles jump, and one repetition more or less is to be expected.

**Other sources.** Kinect tracks have no ears and no fingers, and their visibility is filled in, so the gate cannot
doubt a joint there. A track that does not know its frame rate is taken as 25 pictures a second, and its times are as
good as that.

**Movements of a few centimetres.** A chin tuck moves the ear by little more than the noise of a real tracker. It
counts on synthetic bodies with white noise; on people, missed ones are to be expected.
"""
