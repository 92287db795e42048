"""The last section of docs/posture-accuracy.md, written by hand: where the coach is weak. Keep it true."""

WEAK = """
## Where it is weak

**Few real recordings.** One person with labels per frame and a clip of two seconds, both from the front. Nothing
above shows how the coach does on you over a working day; the synthetic desks show the geometry, not the pose model's
habits.

**Labels.** In `front_5_class.npz` *left* and *right* are those of the picture: `bad_left` is a lean to the subject's
right. A sideways lean counts as reported when either side is told.

**Sensitivity of single frames** is lower than the AUROC suggests, because the score is made to keep silent when in
doubt: a mild slouch of somebody whose own slouch is deep scores above 60 for a while. What counts for a person is the
held slump in the tables above.

**A lean to the screen, the head alone forward, and a raised shoulder** look alike for a camera in front. The first is
hardly told unless it comes with a slump; it is not what the promise of 15 degrees is about.

**Without the slouch pose** there is only a typical slouch to compare with; the page says "low confidence", and so
does the coach.

**Who looks down again and again**, for more than 8 % of the last two minutes, is not told of a slouch; the screen
hints all the same, and time to move is offered as ever. Whoever types by sight all day hears of little else.

**When it cannot tell**, it says nothing: while the head is turned to a second monitor, with a hand at the face, on
the telephone. Sitting with a second monitor all day means that little is watched."""
