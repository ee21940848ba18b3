"""What would go wrong silently: sounds, features, graphs, alignments."""

import random
import unittest

import numpy as np
import torch

from recipe import align, channel, features, graph, lexicon, mfcc, network, recordings, sentences, store, units, variety


class Sounds(unittest.TestCase):
    def test_a_syllable_is_an_initial_and_a_final_with_its_tone(self):
        for syllable, phones in {
            "zhong1": ["zh", "ong1"], "yi1": ["i1"], "xue2": ["x", "ve2"], "shi4": ["sh", "iii4"], "ci2": ["c", "ii2"],
            "wen4": ["un4"], "lü4": ["l", "v4"], "er2": ["er2"], "de": ["d", "e5"], "yuan2": ["van2"],
        }.items():
            self.assertEqual(units.phones(syllable), phones, syllable)
        self.assertIsNone(units.phones("xyz1"))

    def test_a_digit_has_sounds_of_its_own_in_any_tone_and_other_words_of_its_sound_do_not(self):
        self.assertEqual({tuple(units.phones(reading[0])) for reading in lexicon.readings("五")}, {("u@五",)})
        self.assertEqual(lexicon.readings("午")[0], ["wu3"])
        self.assertEqual(lexicon.readings("一"), [["yi1@一"], ["yi2"], ["yi4"]])
        segmenter = lexicon.Segmenter(["第三", "天", "三"])
        self.assertEqual(recordings._with_digits("第三天三", ["di4", "san1", "tian1", "san1"], segmenter), ["di4", "san1", "tian1", "san1@三"])
        self.assertEqual(lexicon.english(["six"], {}), {"six": [["E_s@six", "E_ih@six", "E_k@six", "E_s@six"]]})

    def test_digits_are_found_among_the_sounds_of_an_english_sentence(self):
        sounds = "m ay f ao r ih z s eh v ax n".split()
        marked = units.mark_digits(["my", "four", "is", "seven"], sounds)
        self.assertEqual([phone for phone in marked if "@" in phone], [f"E_{name}@four" for name in "f ao r".split()] + [f"E_{name}@seven" for name in "s eh v ax n".split()])
        self.assertEqual([phone.removeprefix("E_").partition("@")[0] for phone in marked], sounds)
        self.assertIsNone(units.mark_digits(["six"], ["s", "iy", "k", "s"]))

    def test_words_that_differ_in_tone_alone_sound_different(self):
        self.assertNotEqual(lexicon.readings("北京")[0], lexicon.readings("背景")[0])

    def test_of_two_third_tones_the_first_is_spoken_as_a_second(self):
        self.assertEqual(lexicon.sandhi(["ni3", "hao3"]), ["ni2", "hao3"])
        self.assertIn(["bu2", "shi4"], lexicon.readings("不是"))

    def test_every_common_character_can_be_said(self):
        characters = lexicon.common_characters()
        self.assertEqual(len(characters), 3755)
        self.assertEqual([c for c in characters if not lexicon.readings(c)], [])


class Texts(unittest.TestCase):
    def test_numbers_are_read_as_people_read_them(self):
        for value, text in {0: "零", 10: "十", 15: "十五", 110: "一百一十", 205: "二百零五", 1005: "一千零五", 20011: "二万零一十一"}.items():
            self.assertEqual(sentences.number(value), text)

    def test_every_template_can_be_filled(self):
        rnd = random.Random(1)
        for language in ("zh", "en"):
            for template in sentences.templates(language):
                for _ in range(20):
                    self.assertNotRegex(sentences.fill(template, rnd, language), r"[\[\]{}|]")

    def test_a_sentence_is_cut_into_the_fewest_words(self):
        self.assertEqual(lexicon.Segmenter(["我", "要", "我要", "查", "订单"]).cut("我要查订单"), ["我要", "查", "订单"])


class Features(unittest.TestCase):
    def test_they_are_those_that_libvosk_computes(self):
        import kaldi_native_fbank

        options = kaldi_native_fbank.MfccOptions()
        options.frame_opts.samp_freq, options.frame_opts.dither, options.use_energy = mfcc.RATE, 0, False
        options.num_ceps, options.mel_opts.num_bins = mfcc.CEPSTRA, mfcc.BINS
        options.mel_opts.low_freq, options.mel_opts.high_freq = mfcc.LOW, mfcc.HIGH
        samples = (np.random.default_rng(1).standard_normal(8000) * 1000).round().astype(np.float32)
        theirs = kaldi_native_fbank.OnlineMfcc(options)
        theirs.accept_waveform(mfcc.RATE, samples.tolist())
        theirs.input_finished()
        expected = np.stack([theirs.get_frame(n) for n in range(theirs.num_frames_ready)])
        np.testing.assert_allclose(mfcc.mfcc(samples), expected, atol=2e-3)

    def test_bursts_fall_only_where_nobody_speaks(self):
        samples = np.zeros(24000, np.float32)
        samples[8000:16000] = 1000 * np.sin(np.arange(8000) / 3)
        clip = store.Clip(samples, "zh", "nobody", "啊", segments=[(5, 1.0, 2.0)])
        gaps = features._gaps(clip, 0, len(samples))
        self.assertEqual(gaps, [(0, 8000), (16000, 24000)])
        changed = np.zeros(24000, bool)
        for seed in range(20):
            with_bursts = channel.bursts(samples, gaps, np.random.default_rng(seed))
            changed |= with_bursts != samples
            self.assertLess(np.abs(with_bursts).max(), 4000)
        self.assertFalse(changed[8000:16000].any())
        self.assertGreater(changed.mean(), 0.3)

    def test_at_twice_the_tempo_every_second_row_is_left_with_its_label(self):
        rows = 9
        labels = torch.arange(rows)[None]
        frames = np.repeat(np.arange(3 * (rows - 1) + 1, dtype=np.float32)[:, None], 2, 1)
        inputs = torch.from_numpy(network.pad(frames, rows))[None]
        fast, kept = variety.pace(inputs, labels, 2.0)
        self.assertEqual(kept.tolist(), [[0, 2, 4, 6]])
        middle = network.CONTEXT
        self.assertEqual([round(float(fast[0, middle + 3 * row, 0]) / 3, 2) for row in range(4)], [0, 2, 4, 6])
        self.assertEqual(fast.shape[1], 3 * 3 + 1 + 2 * network.CONTEXT)
        same, _ = variety.pace(inputs, labels, 1.0)
        torch.testing.assert_close(same, inputs, atol=0.01, rtol=0)

    def test_varied_cepstra_are_others_each_time_and_those_of_no_change_are_the_same(self):
        inputs = torch.from_numpy(np.random.default_rng(1).normal(0, 5, (3, 20, mfcc.CEPSTRA)).astype(np.float32))
        kept = {name: getattr(variety, name) for name in ("STRETCH", "SHIFT", "COARSEST", "BENDS", "BAND")}
        once = variety.vary(inputs, torch.Generator().manual_seed(1))
        self.assertEqual(once.shape, inputs.shape)
        self.assertTrue(torch.equal(once, variety.vary(inputs, torch.Generator().manual_seed(1))))
        self.assertGreater(float((once - inputs).abs().mean()), 0.1)
        self.assertGreater(float((once - variety.vary(inputs, torch.Generator().manual_seed(2))).abs().mean()), 0.1)
        try:
            variety.STRETCH, variety.SHIFT, variety.COARSEST, variety.BENDS, variety.BAND = 0.0, 0.0, mfcc.CEPSTRA, (0.0,), 0
            self.assertLess(float((variety.vary(inputs, torch.Generator()) - inputs).abs().max()), 0.05)
        finally:
            for name, value in kept.items():
                setattr(variety, name, value)

    def test_companding_keeps_a_sample_within_its_step(self):
        samples = np.arange(-32000, 32000, 37.0)
        for codec in (channel.a_law, channel.mu_law):
            self.assertLess(np.max(np.abs(codec(samples) - samples) / (np.abs(samples) + 300)), 0.08)


def run_parts(parts, frames):
    """What an nnet3 reader makes of the parts, one frame of 10 ms at a time."""
    outputs = {"input": dict(enumerate(frames))}

    def value(descriptor, at):
        if descriptor.startswith("Sum("):
            terms = descriptor[4:-1].replace("Scale(", "Scale<").split(", ")
            total, skip = 0, None
            for place, term in enumerate(terms):
                if term.startswith("Scale<"):
                    skip = float(term[6:])
                elif skip is not None:
                    total, skip = total + skip * outputs[term.rstrip(")")][at], None
                else:
                    total = total + outputs[term][at]
            return total
        return outputs[descriptor][at]

    for part in parts:
        found = {}
        for at in range(len(frames)):
            try:
                if part["kind"] == "tdnn":
                    joined = np.concatenate([value(part["input"], at + offset) for offset in part["offsets"]])
                    found[at] = part["weights"] @ joined + part["bias"]
                elif part["kind"] == "affine":
                    found[at] = part["weights"] @ value(part["input"], at) + part["bias"]
                elif part["kind"] == "relu":
                    found[at] = np.maximum(value(part["input"], at), 0)
                else:
                    x = value(part["input"], at)
                    found[at] = x - np.log(np.exp(x - x.max()).sum()) - x.max()
            except KeyError:
                continue
        outputs[part["name"]] = found
    return outputs[parts[-1]["name"]]


class Network(unittest.TestCase):
    def test_the_exported_parts_compute_what_the_network_computes(self):
        torch.manual_seed(1)
        net = network.Network()
        net.train()
        net(torch.randn(4, 200, mfcc.CEPSTRA))  # so that the normalisation has something to fold
        net.eval()
        frames = np.random.default_rng(1).standard_normal((31, mfcc.CEPSTRA)).astype(np.float32)
        expected = network.scores(net, frames)
        padded = network.pad(frames, 11)
        found = run_parts(net.nnet3(), list(padded))
        rows = np.stack([found[network.CONTEXT + 3 * row] for row in range(11)])
        np.testing.assert_allclose(rows, expected, atol=1e-3)


class Alignments(unittest.TestCase):
    def test_the_best_path_finds_the_sounds_and_the_pause_between_words(self):
        phones = [[["b", "a1"]], [["m", "a3"], ["f", "a3"]]]
        said = [0, 0] + units.PDFS["b"] + units.PDFS["a1"] * 2 + [0, 0] + units.PDFS["f"] + units.PDFS["a3"] + [0]
        scores = np.full((len(said), units.PDF_COUNT), -9.0)
        scores[np.arange(len(said)), said] = 0
        path, pdfs, score = align.best_path(scores, phones)
        heard = [int(pdfs[state]) for state in path]
        self.assertEqual(heard[:3], said[:3])
        self.assertEqual([pdf for pdf in heard if pdf in units.PDFS["m"]], [])
        self.assertIn(units.PDFS["f"][0], heard)
        self.assertGreater(score, -1)

    def test_a_clip_too_short_for_its_text_has_no_path(self):
        self.assertIsNone(align.best_path(np.zeros((2, units.PDF_COUNT)), [[["b", "a1"]]] * 4))


class Sayings(unittest.TestCase):
    def test_what_callers_say_is_read_without_marks(self):
        found = sentences.sayings()
        self.assertGreater(len(found), 20000)
        self.assertFalse([saying for saying in found if any(mark in saying for mark in ",:#\n")])


class Grammar(unittest.TestCase):
    def test_what_follows_a_history_adds_up_to_one(self):
        words = {"<eps>": 0, "a": 1, "b": 2, graph.UNKNOWN: 3}
        fst = graph.grammar([["a", "b"], ["a", "b", "a"], ["b"]], words, {"a": 1.0, "b": 1.0})
        leaving = {}
        for line in fst.lines:
            fields = line.split("\t")
            leaving.setdefault(fields[0], []).append(np.exp(-float(fields[-1])))
        for state, chances in leaving.items():
            self.assertAlmostEqual(sum(chances), 1.0, places=3, msg=state)


if __name__ == "__main__":
    unittest.main()
