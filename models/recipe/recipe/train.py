"""Trains the network: first on synthetic speech, then on that and the recordings it has aligned, which it aligns anew on the way."""

import copy
import os
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import align, features, network, store, units, variety

# Shares of the run after which the recordings join, and after which they are aligned anew.
ALIGN = (0.2, 0.4, 0.6)
REAL_COPIES = 3
ROWS = 2400
CHECKPOINT_SECONDS = 120
AVERAGE = 0.998
HIGH, LOW = 2e-3, 4e-5


def rate(progress):
    """Learning rate: falls from HIGH to LOW over the run."""
    return HIGH * (LOW / HIGH) ** progress


def batches(examples, rnd):
    """Batches of about ROWS rows of examples of like length."""
    order = sorted(range(len(examples)), key=lambda n: len(examples[n][1]) * (1 + 0.1 * rnd.random()))
    groups, group = [], []
    for number in order:
        if group and len(examples[number][1]) * (len(group) + 1) > ROWS:
            groups.append(group)
            group = []
        group.append(number)
    groups.append(group)
    rnd.shuffle(groups)
    for group in groups:
        rows = max(len(examples[n][1]) for n in group)
        inputs = np.stack([network.pad(examples[n][0], rows) for n in group]).astype(np.float32)
        labels = np.full((len(group), rows), -100, np.int64)
        for place, n in enumerate(group):
            labels[place, : len(examples[n][1])] = examples[n][1]
        yield torch.from_numpy(inputs), torch.from_numpy(labels)


class Run:
    """A training run that can stop and go on. Its length is told in hours of speech heard, so that it is the same on any machine."""

    def __init__(self, out, hours, minutes, threads, seed, alignments):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        self.out, self.hours, self.seed, self.turns = Path(out), hours, seed, alignments
        self.stop_at = time.monotonic() + minutes * 60
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.path = self.out / "checkpoint.pt"
        self.net = network.Network().to(self.device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=HIGH)
        self.steps, self.alignments, self.rows = 0, 0, 0
        self.priors = np.full(units.PDF_COUNT, 1 / units.PDF_COUNT)
        self.average = None
        if self.path.exists():
            kept = torch.load(self.path, map_location=self.device, weights_only=False)
            self.net.load_state_dict(kept["net"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.average = copy.deepcopy(self.net)
            self.average.load_state_dict(kept["average"])
            for name in ("steps", "alignments", "rows", "priors"):
                setattr(self, name, kept[name])
            print(f"going on at step {self.steps}, after {self.heard():.1f} h", flush=True)

    def heard(self):
        """Hours of speech so far, repetitions counted."""
        return self.rows * features.FRAME / 3600

    def progress(self):
        return min(1.0, self.heard() / self.hours)

    def is_out_of_time(self):
        return time.monotonic() > self.stop_at

    def save(self):
        kept = {name: getattr(self, name) for name in ("steps", "alignments", "rows", "priors")}
        kept |= {"net": self.net.state_dict(), "average": self.average.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save(kept, self.path.with_suffix(".part"))
        os.replace(self.path.with_suffix(".part"), self.path)

    def examples(self):
        found = []
        for path in sorted((self.out / "features").glob("synthetic-*.npz")):
            found += features.read(path)
        if self.alignments:
            for path in sorted((self.out / "features").glob(f"aligned{self.alignments}-*.npz")):
                found += features.read(path)
        return found

    def align_recordings(self, processes=2):
        """Aligns the recordings with the network as it is and makes their features."""
        turn = self.alignments + 1
        began = time.monotonic()
        for source in sorted((self.out / "real").glob("train*.json")):
            clips = align.align(self.average.cpu(), self.priors, store.load(source.with_suffix("")))
            half = 2000
            for part in range(0, len(clips), half):
                store.save(self.out / f"aligned{turn}" / f"{source.stem}-{part // half:02d}", clips[part : part + half])
        self.average.to(self.device)
        features.make(self.out, f"aligned{turn}", REAL_COPIES, processes, self.seed + turn)
        self.alignments = turn
        print(f"alignment {turn} took {(time.monotonic() - began) / 60:.1f} minutes", flush=True)

    def count_priors(self, examples):
        """Mean posterior over part of the data: what the scores are divided by when decoding."""
        self.average.eval()
        total, rows = torch.zeros(units.PDF_COUNT, dtype=torch.double), 0
        rnd = random.Random(self.seed)
        with torch.no_grad():
            for inputs, labels in batches(rnd.sample(examples, min(1500, len(examples))), rnd):
                known = torch.softmax(self.average(inputs.to(self.device)), -1).cpu()[labels >= 0]
                total += known.double().sum(0)
                rows += len(known)
        self.priors = (total / rows).numpy()

    def normalise(self, examples):
        """Sets the input's mean and deviation once."""
        some = np.concatenate([frames for frames, _ in examples[::10]]).astype(np.float32)
        self.net.mean.copy_(torch.from_numpy(some.mean(0)))
        self.net.deviation.copy_(torch.from_numpy(some.std(0)))

    def average_in(self):
        share = min(AVERAGE, (1 + self.steps) / (20 + self.steps))
        with torch.no_grad():
            for kept, new in zip(self.average.state_dict().values(), self.net.state_dict().values()):
                if kept.dtype.is_floating_point:
                    kept.lerp_(new, 1 - share)
                else:
                    kept.copy_(new)

    def epoch(self, examples, until):
        """One pass over the examples, or a part of it where the stage or the time ends."""
        rnd = random.Random(self.seed * 100003 + self.steps)
        generator = torch.Generator().manual_seed(self.seed * 100003 + self.steps)
        lost = right = rows = 0
        for inputs, labels in batches(examples, rnd):
            self.net.train()
            inputs, labels = variety.tempo(variety.vary(inputs, generator), labels, generator)
            inputs, labels = inputs.to(self.device), labels.to(self.device)
            out = self.net(inputs)
            loss = nn.functional.cross_entropy(out.reshape(-1, out.shape[-1]), labels.reshape(-1), ignore_index=-100)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
            for group in self.optimizer.param_groups:
                group["lr"] = rate(self.progress()) * min(1.0, (self.steps + 1) / 100)
            self.optimizer.step()
            self.steps += 1
            self.average_in()
            known = labels >= 0
            number = int(known.sum())
            lost, rows = lost + float(loss.detach()) * number, rows + number
            right += int(((out.argmax(-1) == labels) & known).sum())
            self.rows += number
            if time.monotonic() - self.saved > CHECKPOINT_SECONDS:
                self.saved = time.monotonic()
                self.save()
                print(f"  {self.heard():.2f} h heard, step {self.steps}, loss {lost / rows:.3f}, right {right / rows:.3f}", flush=True)
            if self.progress() >= until or self.is_out_of_time():
                break
        print(f"{self.heard():.1f} h heard, loss {lost / max(rows, 1):.3f}, "
              f"right {right / max(rows, 1):.3f}, rate {rate(self.progress()):.5f}", flush=True)

    def go(self):
        examples = self.examples()
        if self.steps == 0:
            self.normalise(examples)
            self.average = copy.deepcopy(self.net)
        print(f"{sum(p.numel() for p in self.net.parameters())} weights, {len(examples)} examples, "
              f"{sum(len(labels) for _, labels in examples) * features.FRAME / 3600:.1f} h, on {self.device}", flush=True)
        self.saved = time.monotonic()
        has_recordings = any((self.out / "real").glob("train*.json"))
        for number, until in enumerate((*ALIGN, 1.0)):
            while self.progress() < until and not self.is_out_of_time():
                self.epoch(examples, until)
            self.count_priors(examples)
            self.save()
            if self.is_out_of_time():
                print("the minutes are over; run it again to go on", flush=True)
                return
            if has_recordings and self.alignments == number < self.turns:
                self.align_recordings()
                examples = self.examples()
                self.save()


def run(out, hours, minutes, threads, seed, alignments):
    """Trains until `hours` of speech are heard or `minutes` are over."""
    Run(out, hours, minutes, threads, seed, alignments).go()
