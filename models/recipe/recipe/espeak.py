"""espeak-ng as a library: the samples, and when each sound begins."""

import ctypes
import functools

import numpy as np

WORD, END, PHONEME = 1, 5, 7
_SYNCHRONOUS, _PHONEME_EVENTS = 1, 1
_RATE, _PITCH, _RANGE, _GAP = 1, 3, 4, 7


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p), ("name", ctypes.c_char * 8),
    ]


class Espeak:
    """Get it from engine(): the library keeps its state in globals and hangs when started twice."""

    def __init__(self):
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._samples, self._events, self._voice = [], [], None
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
        self._callback = kind(self._collect)
        self.rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS)
        if self.rate <= 0:
            raise RuntimeError("espeak-ng did not start: is its data installed?")
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples, count, events):
        if samples and count > 0:
            self._samples.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        number = 0
        while events and events[number].type != 0:
            event = events[number]
            if event.type in (WORD, END):
                self._events.append((event.type, event.sample, ""))
            elif event.type == PHONEME:
                self._events.append((PHONEME, event.sample, event.name.split(b"\0")[0].decode("utf-8", "replace")))
            number += 1
        return 0

    def say(self, text, voice, rate=175, pitch=50, pitch_range=50, gap=0):
        """Returns samples (int16 at self.rate) and [(kind, sample, name)]."""
        if voice != self._voice:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise ValueError(f"espeak-ng has no voice {voice}")
            self._voice = voice
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, pitch_range), (_GAP, gap)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._samples, self._events = [], []
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._samples) if self._samples else np.zeros(0, np.int16)
        return samples, self._events


@functools.cache
def engine():
    """The one engine of this process."""
    return Espeak()
