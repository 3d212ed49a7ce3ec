"""Sampling: both methods give the same tokens, the generator determines them, and a learned clip is reproduced."""

from itertools import pairwise

import pytest
import torch

from models.world_model.sampling import Sampling, sample_tokens, select_context_frames
from tests.models.world_model.test_world import SMALL, a_clip, a_model

TOLD = ("layers", "actions", "words", "t_s")


def sampled(sampling: Sampling, given: int = 1, steps: int = 5, seed: int = 0, model=None) -> torch.Tensor:
    clip = a_clip(steps=steps)
    told = {name: clip[name] for name in TOLD}
    generators = [torch.Generator().manual_seed(seed + place) for place in range(len(clip["t_s"]))]
    return sample_tokens(
        model or a_model(), clip["tokens"][:, :given], **told, generators=generators, sampling=sampling
    )


@pytest.mark.parametrize("given", [0, 1, 3])
@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_parallel_equals_sequential(given, guidance):
    one_by_one = sampled(Sampling("sequential", guidance=guidance), given)
    for ahead in (5, 12):
        together = sampled(Sampling("parallel", guidance=guidance, ahead=ahead), given)
        torch.testing.assert_close(together, one_by_one, rtol=0, atol=0)


def test_the_prompt_is_unchanged_and_the_rest_depends_on_the_generator():
    first, again, other = (sampled(Sampling(), given=2, seed=seed) for seed in (0, 0, 1))
    torch.testing.assert_close(first[:, :2], a_clip(steps=5)["tokens"][:, :2])
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert (first[:, 2:] != other[:, 2:]).float().mean() > 0.5
    assert first.shape == (2, 5, 3, 4)
    assert first.min() >= 0 and first.max() < 64000


@torch.no_grad()
def test_the_cache_does_not_change_the_tokens():
    """The best code by the sampler is the best code by the uncached network, while the window holds the whole clip."""
    model, clip = a_model(), a_clip(steps=SMALL.window)
    best = sampled(Sampling("sequential", top_k=1), steps=SMALL.window, model=model)
    digits = model.quantiser.uncode(best).flatten(2, 3)
    none = torch.zeros(2, 3, dtype=torch.bool)
    known = model.steps(clip["layers"], clip["actions"], clip["words"], torch.zeros_like(clip["t_s"]), none)
    logits = model.head(model.hidden(digits, known, clip["t_s"]).flatten(0, 2), digits.flatten(0, 2))
    agree = (logits.argmax(-1).view(digits.shape) == digits)[:, 1:]
    assert agree.all()


def test_clips_sampled_together_equal_those_sampled_alone():
    """Each has a generator of its own; neighbours change nothing."""
    together = sampled(Sampling())
    clip, model = a_clip(steps=5), a_model()
    for place in (0, 1):
        told = {name: clip[name][place : place + 1] for name in TOLD}
        generator = torch.Generator().manual_seed(place)
        alone = sample_tokens(
            model, clip["tokens"][place : place + 1, :1], **told, generators=[generator], sampling=Sampling()
        )
        torch.testing.assert_close(alone[0], together[place], rtol=0, atol=0)


def test_top_k_and_temperature_reduce_the_variety_of_draws():
    narrow = [sampled(Sampling(top_k=1), seed=seed) for seed in (0, 1)]
    torch.testing.assert_close(*narrow, rtol=0, atol=0)
    cold = [sampled(Sampling(temperature=1e-6), seed=seed) for seed in (0, 1)]
    torch.testing.assert_close(cold[0], narrow[0], rtol=0, atol=0)


def test_draws_follow_the_softmax_of_the_logits():
    """The first digit's frequencies over many seeds, against the model's own probabilities."""
    model, clip = a_model(), a_clip(batch=1, steps=1)
    copies = {name: clip[name].expand(2000, *clip[name].shape[1:]) for name in TOLD}
    empty = torch.zeros(2000, 0, 3, 4, dtype=torch.long)
    generators = [torch.Generator().manual_seed(0)] * 2000
    drawn = sample_tokens(model, empty, **copies, generators=generators, sampling=Sampling("sequential"))
    first = model.quantiser.uncode(drawn[:, 0, 0, 0])[:, 0]
    none = torch.zeros(1, 3, dtype=torch.bool)
    known = model.steps(clip["layers"], clip["actions"], clip["words"], torch.zeros(1, 1), none)
    digits = model.quantiser.uncode(clip["tokens"]).flatten(2, 3)
    hidden = model.hidden(digits, known, clip["t_s"])[:, 0, 0]
    odds = model.head(hidden, digits[:, 0, 0])[0, 0].softmax(-1)
    torch.testing.assert_close(first.bincount(minlength=8) / 2000, odds.detach(), rtol=0, atol=0.04)


def test_guidance_moves_the_draw_away_from_the_unconditioned_distribution():
    model = a_model()
    plain, guided = (sampled(Sampling(top_k=1, guidance=g), model=model) for g in (1.0, 4.0))
    assert (plain[:, 1:] != guided[:, 1:]).any()
    blind = [sampled(Sampling(top_k=1, guidance=0.0), model=model)]
    clip = a_clip(steps=5)
    told = {**{name: clip[name] for name in TOLD}, "words": clip["words"].flip(0), "actions": clip["actions"].flip(0)}
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    sampling = Sampling(top_k=1, guidance=0.0)
    blind.append(sample_tokens(model, clip["tokens"][:, :1], **told, generators=generators, sampling=sampling))
    torch.testing.assert_close(*blind, rtol=0, atol=0)


def test_a_frame_with_a_limit_ends_after_its_rounds():
    capped = sampled(Sampling("parallel", rounds=2), given=0, steps=1)
    exact = sampled(Sampling("sequential"), given=0, steps=1)
    torch.testing.assert_close(capped.flatten(1)[:, :2], exact.flatten(1)[:, :2], rtol=0, atol=0)
    full = sampled(Sampling("parallel", rounds=12), given=0, steps=1)
    torch.testing.assert_close(full, exact, rtol=0, atol=0)


@pytest.mark.parametrize("window", [2, 3, 4, 6, 8])
def test_memory_keeps_the_oldest_and_the_last_frame_and_fewer_between(window):
    t_s = torch.arange(40)[None] / 6
    for step in range(1, 40):
        kept = select_context_frames(t_s, step, window, memory_s=4.01)
        reach = min(step, 24)
        assert len(kept) == min(reach, window - 1)
        assert kept[-1] == step - 1
        assert kept[0] == step - reach or window == 2
        gaps = [later - earlier for earlier, later in pairwise(kept)]
        assert gaps == sorted(gaps, reverse=True) and all(gap > 0 for gap in gaps)
    if window == 8:
        assert [30 - index for index in reversed(select_context_frames(t_s, 30, 8, memory_s=4.01))] == [
            1,
            2,
            3,
            5,
            8,
            14,
            24,
        ]


def test_memory_counts_seconds_and_not_frames():
    t_s = torch.tensor([[0.0, 3.0, 3.5, 4.0]])
    assert select_context_frames(t_s, 3, 8, memory_s=1.0) == [1, 2]
    assert select_context_frames(t_s, 3, 8, memory_s=0.1) == []


@pytest.mark.parametrize(
    "fault", [{"temperature": 0.0}, {"top_k": 0}, {"guided_by": ("mood",)}, {"method": "sequential", "rounds": 3}]
)
def test_contradictory_sampling_is_refused(fault):
    with pytest.raises(ValueError, match="Sampling"):
        Sampling(**fault)
