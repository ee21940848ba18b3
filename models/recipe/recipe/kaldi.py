"""Kaldi's binary model file: transition model and nnet3 network, written without Kaldi."""

import struct

import numpy as np


class Writer:
    """Kaldi's binary tokens and numbers."""

    def __init__(self):
        self.bytes = bytearray(b"\0B")

    def token(self, text):
        self.bytes += text.encode() + b" "

    def integer(self, value):
        self.bytes += b"\x04" + struct.pack("<i", value)

    def real(self, value):
        self.bytes += b"\x04" + struct.pack("<f", value)

    def flag(self, value):
        self.bytes += b"T" if value else b"F"

    def integers(self, values):
        self.bytes += b"\x04" + struct.pack("<i", len(values)) + np.asarray(values, "<i4").tobytes()

    def vector(self, values):
        self.token("FV")
        self.integer(len(values))
        self.bytes += np.asarray(values, "<f4").tobytes()

    def matrix(self, values):
        self.token("FM")
        self.integer(values.shape[0])
        self.integer(values.shape[1])
        self.bytes += np.ascontiguousarray(values, "<f4").tobytes()


def transition_model(writer, phones):
    """`phones`: [(id, pdf of each state)]. Every state stays or goes on, half and half.

    Returns (phone, state) -> (transition id of staying, of going on)."""
    pdfs = dict(phones)
    ids = sorted(pdfs)
    lengths = sorted({len(states) for states in pdfs.values()})
    for text in ("<TransitionModel>", "<Topology>"):
        writer.token(text)
    writer.integers(ids)
    entry = [-1] * (max(ids) + 1)
    for phone in ids:
        entry[phone] = lengths.index(len(pdfs[phone]))
    writer.integers(entry)
    writer.integer(len(lengths))
    for length in lengths:
        writer.integer(length + 1)
        for state in range(length):
            writer.integer(state)
            writer.integer(2)
            for target in (state, state + 1):
                writer.integer(target)
                writer.real(0.5)
        writer.integer(-1)
        writer.integer(0)
    writer.token("</Topology>")
    triples = sorted((phone, state, pdf) for phone in ids for state, pdf in enumerate(pdfs[phone]))
    writer.token("<Triples>")
    writer.integer(len(triples))
    for triple in triples:
        for value in triple:
            writer.integer(value)
    writer.token("</Triples>")
    writer.token("<LogProbs>")
    writer.vector(np.concatenate([[0.0], np.full(2 * len(triples), np.log(0.5))]))
    writer.token("</LogProbs>")
    writer.token("</TransitionModel>")
    return {(phone, state): (2 * place + 1, 2 * place + 2) for place, (phone, state, _) in enumerate(triples)}


def _tdnn(writer, part):
    writer.token("<TdnnComponent>")
    writer.token("<MaxChange>")
    writer.real(0.75)
    writer.token("<LearningRate>")
    writer.real(0.001)
    writer.token("<TimeOffsets>")
    writer.integers(part["offsets"])
    writer.token("<LinearParams>")
    writer.matrix(part["weights"])
    writer.token("<BiasParams>")
    writer.vector(part["bias"])
    writer.token("<OrthonormalConstraint>")
    writer.real(0)
    writer.token("<UseNaturalGradient>")
    writer.flag(True)
    writer.token("<NumSamplesHistory>")
    writer.real(2000)
    writer.token("<AlphaInOut>")
    writer.real(4)
    writer.real(4)
    writer.token("<RankInOut>")
    writer.integer(20)
    writer.integer(80)
    writer.token("</TdnnComponent>")


def _affine(writer, part):
    writer.token("<FixedAffineComponent>")
    writer.token("<LinearParams>")
    writer.matrix(part["weights"])
    writer.token("<BiasParams>")
    writer.vector(part["bias"])
    writer.token("</FixedAffineComponent>")


def _nonlinear(writer, part):
    name = {"relu": "RectifiedLinearComponent", "logsoftmax": "LogSoftmaxComponent"}[part["kind"]]
    writer.token(f"<{name}>")
    writer.token("<Dim>")
    writer.integer(part["size"])
    for text in ("<ValueAvg>", "<DerivAvg>"):
        writer.token(text)
        writer.vector([])
    writer.token("<Count>")
    writer.real(0)
    writer.token("<OderivRms>")
    writer.vector([])
    for text in ("<OderivCount>", "<NumDimsSelfRepaired>", "<NumDimsProcessed>"):
        writer.token(text)
        writer.real(0)
    writer.token(f"</{name}>")


def network(writer, parts, input_size, priors):
    """`parts` in order, each with name, kind, input (an nnet3 descriptor) and its numbers."""
    lines = [f"input-node name=input dim={input_size}"]
    lines += [f"component-node name={part['name']} component={part['name']} input={part['input']}" for part in parts]
    lines.append(f"output-node name=output input={parts[-1]['name']} objective=linear")
    writer.token("<Nnet3>")
    writer.bytes += b"\n" + ("\n".join(lines) + "\n\n").encode()
    writer.token("<NumComponents>")
    writer.integer(len(parts))
    for part in parts:
        writer.token("<ComponentName>")
        writer.token(part["name"])
        {"tdnn": _tdnn, "affine": _affine}.get(part["kind"], _nonlinear)(writer, part)
    writer.token("</Nnet3>")
    spread = [part["offsets"] for part in parts if part["kind"] == "tdnn"]
    writer.token("<LeftContext>")
    writer.integer(sum(max(0, -offsets[0]) for offsets in spread))
    writer.token("<RightContext>")
    writer.integer(sum(max(0, offsets[-1]) for offsets in spread))
    writer.token("<Priors>")
    writer.vector(priors)
