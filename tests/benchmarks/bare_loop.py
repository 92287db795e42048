"""What `tracker analyze` is measured against: decode, convert, estimate and nothing else, as MediaPipe's guide does.

Usage: bare_loop.py VIDEO MODEL.task; prints the number of frames.
"""

from __future__ import annotations

import sys

import cv2
import mediapipe as mp


def main(video: str, model: str) -> int:
    vision = mp.tasks.vision
    options = vision.PoseLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(model_asset_path=model), running_mode=vision.RunningMode.VIDEO
    )
    frames = 0
    capture = cv2.VideoCapture(video)
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        while True:
            read, picture = capture.read()
            if not read:
                return frames
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
            landmarker.detect_for_video(image, int(capture.get(cv2.CAP_PROP_POS_MSEC)))
            frames += 1


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
