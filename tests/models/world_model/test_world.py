"""The world model: causality, the effect of every condition, and the memorisation of a toy sequence."""

from dataclasses import replace

import pytest
import torch

from models.world_model.network import WorldModel, WorldModelConfig
from models.world_model.sequence import CONDITIONS

SMALL = WorldModelConfig(
    layers=tuple("abcd"), width=64, depth=2, heads=2, head_width=32, grid=(3, 4), vocabulary=20, words=5, window=4,
    drop_all=0.0, drop_text=0.0, drop_layout=0.0, drop_action=0.0, context_noise=0.0,
)  # fmt: skip


def a_model(config: WorldModelConfig = SMALL) -> WorldModel:
    """Random weights, also where training starts from zero, so that every path has an effect."""
    torch.manual_seed(0)
    model = WorldModel(config)
    for block in model.blocks:
        for last in (block.mix, block.contract):
            torch.nn.init.normal_(last.weight, std=0.1)
    torch.nn.init.normal_(model.head.weight, std=1.0)  # logits of order one: draws depend on earlier draws
    return model.eval()


def a_clip(config: WorldModelConfig = SMALL, batch: int = 2, steps: int = 3) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    rows, columns = config.grid
    shape = (batch, steps, len(config.layers), rows * 16, columns * 16)
    return {
        "tokens": torch.randint(64000, (batch, steps, rows, columns), generator=generator),
        "layers": torch.randint(256, shape, generator=generator, dtype=torch.uint8),
        "actions": torch.rand(batch, steps, 2, generator=generator) * torch.tensor([15.0, 0.05]),
        "words": torch.randint(config.vocabulary, (batch, config.words), generator=generator),
        "t_s": torch.arange(steps).expand(batch, -1) / 6,
    }


@torch.no_grad()
def logits_of(model: WorldModel, clip: dict[str, torch.Tensor], dropped: tuple[str, ...] = ()) -> torch.Tensor:
    """(batch, time * cell, digit, level), -inf set to 0."""
    digits = model.quantiser.uncode(clip["tokens"]).flatten(2, 3)
    gone = torch.tensor([name in dropped for name in CONDITIONS]).expand(len(digits), -1)
    known = model.steps(clip["layers"], clip["actions"], clip["words"], torch.zeros_like(clip["t_s"]), gone)
    hidden = model.hidden(digits, known, clip["t_s"])
    logits = model.head(hidden.flatten(0, 2), digits.flatten(0, 2)).nan_to_num(neginf=0.0)
    return logits.unflatten(0, (len(digits), -1))


def change(clip: dict[str, torch.Tensor], name: str, where: tuple, by: float) -> dict[str, torch.Tensor]:
    changed = clip[name].clone()
    changed[where] = (changed[where] + by).to(changed.dtype)
    return {**clip, name: changed}


@pytest.mark.parametrize("place", [(0, 0, 0), (1, 1, 2), (2, 2, 3)])
def test_a_token_affects_only_later_tokens(place):
    model, clip = a_model(), a_clip()
    before = logits_of(model, clip)
    step, row, column = place
    after = logits_of(model, change(clip, "tokens", (slice(None), step, row, column), 1))  # another first digit
    at = step * 12 + row * 4 + column
    torch.testing.assert_close(after[:, :at], before[:, :at], rtol=0, atol=0)
    torch.testing.assert_close(after[:, at, 0], before[:, at, 0], rtol=0, atol=0)  # its own first digit
    assert (after[:, at, 1] - before[:, at, 1]).abs().max() > 1e-4  # its later digits know the first
    if at + 1 < before.shape[1]:
        assert (after[:, at + 1] - before[:, at + 1]).abs().max() > 1e-4


def test_a_digit_affects_later_digits_and_not_earlier_ones():
    model, clip = a_model(), a_clip()
    before = logits_of(model, clip)
    after = logits_of(model, change(clip, "tokens", (slice(None), 0, 0, 0), 8 * 8 * 8))  # the fourth digit
    torch.testing.assert_close(after[:, 0, :4], before[:, 0, :4], rtol=0, atol=0)
    assert (after[:, 0, 4:] - before[:, 0, 4:]).abs().amax((0, 2)).min() > 1e-5


@pytest.mark.parametrize("name", ["layers", "actions"])
def test_a_step_s_conditions_affect_it_and_not_earlier_steps(name):
    model, clip = a_model(), a_clip()
    before, after = logits_of(model, clip), logits_of(model, change(clip, name, (slice(None), 1), 5))
    torch.testing.assert_close(after[:, :12], before[:, :12], rtol=0, atol=0)
    assert (after[:, 12:] - before[:, 12:]).abs().amax((0, 2, 3)).min() > 1e-5


def test_a_cell_s_layout_affects_the_token_predicted_for_it():
    model, clip = a_model(), a_clip()
    lower_right = (slice(None), 0, slice(None), slice(32, 48), slice(48, 64))
    after = logits_of(model, change(clip, "layers", lower_right, 77))
    moved = (after - logits_of(model, clip)).abs().amax((0, 2, 3))
    assert moved[11] > 1e-3
    assert moved[:4].max() == 0  # the first row is outside the layout's 3 x 3 neighbourhood


def test_words_have_an_effect_and_their_order_and_padding_have_none():
    model, clip = a_model(), a_clip()
    clip["words"] = torch.tensor([[3, 7, 0, 0, 0], [4, 1, 2, 0, 0]])
    before = logits_of(model, clip)
    assert (
        logits_of(model, {**clip, "words": torch.tensor([[7, 3, 0, 0, 0], [4, 2, 1, 0, 0]])}) - before
    ).abs().max() > 1e-4
    model.steps.words.place.data[3:] += 1
    torch.testing.assert_close(logits_of(model, clip), before)


@pytest.mark.parametrize(("condition", "name"), [("text", "words"), ("layout", "layers"), ("action", "actions")])
def test_a_dropped_condition_has_no_effect_and_the_others_have(condition, name):
    model, clip = a_model(), a_clip()
    changed = {**clip, name: clip[name].flip(0)}
    torch.testing.assert_close(
        logits_of(model, changed, (condition,)), logits_of(model, clip, (condition,)), rtol=0, atol=0
    )
    others = tuple(set(CONDITIONS) - {condition})
    assert (logits_of(model, changed, others) - logits_of(model, clip, others)).abs().max() > 1e-4


def test_only_time_differences_have_an_effect():
    model, clip = a_model(), a_clip()
    before = logits_of(model, clip)
    torch.testing.assert_close(logits_of(model, {**clip, "t_s": clip["t_s"] + 3}), before, rtol=1e-3, atol=1e-3)
    stretched = logits_of(model, {**clip, "t_s": clip["t_s"] * 6})
    assert (stretched - before).abs().max() > 1e-2


def test_dropping_follows_the_configured_odds():
    model = a_model(replace(SMALL, drop_all=0.2, drop_text=0.3, drop_layout=0.1, drop_action=0.0))
    dropped = model._draw_dropped(20_000, torch.Generator().manual_seed(0)).float()
    torch.testing.assert_close(dropped.mean(0), torch.tensor([0.5, 0.3, 0.2]), rtol=0, atol=0.02)
    assert abs(dropped.prod(-1).mean() - 0.2) < 0.02


def test_context_noise_replaces_the_share_that_is_given_to_the_model():
    model = a_model(replace(SMALL, context_noise=0.4))
    generator = torch.Generator().manual_seed(0)
    share = model._draw_noise((400, 2), generator)
    digits = model.quantiser.uncode(torch.randint(64000, (400, 2, 12), generator=generator))
    replaced = (model._replace(digits, share, generator) != digits).any(-1).float().mean(-1)
    assert 0.4 < (share == 0).float().mean() < 0.6
    assert share.max() <= 0.4
    assert replaced[share == 0].max() == 0
    torch.testing.assert_close(replaced.mean(), share.mean(), rtol=0.1, atol=0)


def test_the_loss_of_an_untrained_model_is_that_of_uniform_guesses_and_is_weighted():
    model, clip = WorldModel(SMALL), a_clip()
    generator = torch.Generator().manual_seed(0)
    guessing = torch.log(torch.tensor(64000.0))
    assert abs(model.loss(**clip, generator=generator)["total"] - guessing) < 1.0
    none = torch.zeros(2, 3, 3, 4)
    assert model.loss(**clip, generator=generator, weight=none)["total"] == 0


def test_a_clip_can_be_memorised():
    torch.manual_seed(0)
    model, clip = WorldModel(SMALL), a_clip()
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(120):
        terms = model.loss(**clip, generator=generator)
        optimiser.zero_grad()
        terms["total"].backward()
        optimiser.step()
    assert terms["total"] < 0.5  # of 11 nats at the start
    assert min(terms[f"digit_{d}"] for d in range(6)) > 0.95
