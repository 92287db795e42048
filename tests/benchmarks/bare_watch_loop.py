"""What `tracker watch` is measured against: a loop that estimates a pose four times a second, as desk tools do.

Usage: bare_watch_loop.py VIDEO MODEL.task SECONDS; plays the video over and over in real time, and prints the seconds
of processor time that the loop took, without starting up.
"""

from __future__ import annotations

import sys
import time

import cv2
import mediapipe as mp

PICTURES_PER_S = 4


def main(video: str, model: str, seconds: str) -> float:
    vision = mp.tasks.vision
    options = vision.PoseLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(model_asset_path=model), running_mode=vision.RunningMode.VIDEO
    )
    capture = cv2.VideoCapture(video)
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        started = time.perf_counter()
        began = None
        for turn in range(round(float(seconds) * PICTURES_PER_S) + 2 * PICTURES_PER_S):
            if turn == 2 * PICTURES_PER_S:
                began = time.process_time()  # two seconds are for warming up
            time.sleep(max(started + turn / PICTURES_PER_S - time.perf_counter(), 0))
            read, picture = capture.read()
            if not read:
                capture = cv2.VideoCapture(video)
                read, picture = capture.read()
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
            landmarker.detect_for_video(image, int(turn * 1000 / PICTURES_PER_S))
        assert began is not None
        return time.process_time() - began


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
