from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.decoder.diffusion import (
    KNOWN,
    TrainingWindow,
    add_known_frames,
    add_noise,
    build_conditions,
    corrupt_tokens,
    decode_draft,
    diffusion_loss,
    drop_small_bodies,
    sample_frames,
)
from models.decoder.network import DecoderConfig, VideoDecoder
from models.decoder.regions import Regions, fill_regions, regions
from models.decoder.rendering import render_video
from models.decoder.reprojection import CameraPath
from models.decoder.windows import Anchor, DecoderInputs, first_frame_conditions, window_conditions

REGIONS = Regions(
    behind=(0,), paint=1, front=(2,), behind_nearness=3, front_nearness=4, place=(9, 10, 11), colours=(5, 6, 7, 8)
)
CONFIG = DecoderConfig(
    layers=tuple("abcdefghijkl"), regions=REGIONS, digits=3, full=8, widths=(16, 32, 32), depths=(1, 1, 1)
)
HEIGHT, WIDTH = 32, 48


def standing(batch: int, time: int) -> CameraPath:
    """A camera that does not move."""
    return CameraPath(torch.eye(4).double().expand(batch, time, 4, 4), torch.eye(3).double().expand(batch, 3, 3))


def read(tokens: Tensor) -> Tensor:
    """Replaces a tokenizer's decoder: constant 16 x 16 patches."""
    return F.interpolate(tokens, scale_factor=16.0) * 2 - 1


@pytest.fixture
def decoder() -> VideoDecoder:
    torch.manual_seed(0)
    network = VideoDecoder(CONFIG)
    torch.nn.init.normal_(network.head.last.weight, std=0.1)  # as after some training
    return network


def window(batch: int = 2, time: int = 3) -> TrainingWindow:
    g = torch.Generator().manual_seed(1)
    return TrainingWindow(
        pictures=torch.rand(batch, time, 3, HEIGHT, WIDTH, generator=g) * 2 - 1,
        layers=torch.rand(batch, time, 12, HEIGHT, WIDTH, generator=g),
        tokens=torch.rand(batch, time, 3, HEIGHT // 16, WIDTH // 16, generator=g),
        weight=torch.ones(batch, time, 1, HEIGHT, WIDTH),
        cameras=standing(batch, time),
    )


def steering_of(w: TrainingWindow, known: tuple[bool, ...], has_tokens: tuple[bool, ...] = (True, False, True)):
    batch = len(w.pictures)
    steering = build_conditions(
        w.layers, w.tokens, torch.tensor(has_tokens).expand(batch, 3), decode_draft(read, w.tokens)
    )
    return add_known_frames(steering, w.pictures, torch.tensor(known).expand(batch, 3), w.cameras, REGIONS)


def test_noise_levels_go_from_the_picture_to_pure_noise():
    clean, noise = torch.rand(2, 3, 3, 8, 8), torch.randn(2, 3, 3, 8, 8)
    assert torch.equal(add_noise(clean, torch.zeros(2), noise), clean)
    assert torch.equal(add_noise(clean, torch.ones(2), noise), noise)


def test_some_windows_are_trained_with_wrong_tokens_close_to_the_right_ones():
    tokens = torch.rand(400, 3, 3, 2, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    seen = corrupt_tokens(tokens, torch.Generator().manual_seed(1))
    untouched = (seen == tokens).flatten(1).all(1).float().mean()
    assert 0.6 < untouched < 0.8
    assert seen.abs().max() <= 1
    assert (seen - tokens).abs().mean() < 0.2


def test_some_windows_are_trained_without_the_tokens_of_thin_bodies():
    g = torch.Generator().manual_seed(0)
    which = Regions(
        behind=(0,), paint=1, front=(2, 3), behind_nearness=0, front_nearness=1, place=(0, 0, 0), colours=(0, 0, 0, 0)
    )
    layers = torch.full((400, 1, 4, 32, 96), -1.0)
    layers[:, :, 2, :8, 32:40] = 1  # a quarter of one cell
    layers[:, :, 3, 16:, 64:80] = 1  # the whole of another
    tokens = torch.rand(400, 1, 3, 2, 6, generator=g)
    changed = (drop_small_bodies(tokens, layers, which, g) != tokens).any(2)[:, 0]
    assert 0.3 < changed[:, 0, 2].float().mean() < 0.5
    changed[:, 0, 2] = False
    assert not changed.any()


@pytest.mark.parametrize("task", KNOWN)
def test_every_task_has_a_loss_that_reaches_the_weights(decoder, task):
    terms = diffusion_loss(decoder, read, window(time=len(KNOWN[task])), task, torch.Generator().manual_seed(0))
    terms["total"].backward()
    assert terms["total"] > 0
    assert decoder.head.last.weight.grad.abs().sum() > 0


def test_frames_are_conditioned_on_the_nearest_known_one():
    w = window(1)
    w.layers[:, :, [REGIONS.front[0], REGIONS.front_nearness]] = -1.0  # nothing that moves by itself
    s = steering_of(w, KNOWN["interpolation"])
    assert s.distance.tolist() == [[0, -1, 0]]
    assert torch.allclose(s.given[0, 1], w.pictures[0, 0], atol=1e-4)  # a camera that stands sees the same
    assert torch.equal(s.given[0, 2], w.pictures[0, 2])
    assert torch.equal(steering_of(w, KNOWN["video"]).given, torch.zeros_like(w.pictures))
    assert steering_of(w, KNOWN["backward"]).distance.tolist() == [[2, 1, 0]]


def untrained(w: TrainingWindow) -> tuple[Tensor, Tensor]:
    """The output of a new network for a window, and the draft's colours half restricted to regions."""
    steering = steering_of(w, KNOWN["video"])
    made = VideoDecoder(CONFIG)(torch.randn(w.pictures.shape), torch.ones(len(w.pictures)), steering)
    filled = fill_regions(steering.draft.flatten(0, 1), regions(w.layers.flatten(0, 1), REGIONS)).view_as(made)
    return made, (steering.draft + filled) / 2


def test_an_untrained_decoder_gives_the_colours_of_the_draft_half_restricted_to_regions():
    w = window()
    w.layers[:, :, REGIONS.colours[-1]] = -1.0
    made, kept = untrained(w)
    assert torch.allclose(made, kept, atol=1e-6)


def test_a_body_has_its_colour_if_the_layers_give_it():
    w = window()
    w.layers[:, :, [2, 4, 8]], w.layers[:, :, 3] = 1.0, -1.0  # a body everywhere, nearer than the scenery
    w.layers[:, :, [5, 6, 7]] = torch.tensor([1.0, 0.0, -1.0])[:, None, None]
    made, _ = untrained(w)
    assert torch.allclose(made, w.layers[:, :, [5, 6, 7]], atol=1e-6)


def test_frames_without_tokens_have_the_mean_draft_of_the_others():
    w = window()
    drafts = steering_of(w, KNOWN["video"]).draft
    assert torch.allclose(drafts[:, 0], read(w.tokens[:, 0]).clamp(-1, 1))
    assert torch.allclose(drafts[:, 1], (drafts[:, 0] + drafts[:, 2]) / 2)


def test_known_frames_are_returned_unchanged_and_others_are_not(decoder):
    w = window(1)
    made = sample_frames(decoder, steering_of(w, KNOWN["forward"]), (1.0, 0.5), torch.randn(w.pictures.shape))
    assert torch.equal(made[:, 0], w.pictures[:, 0])
    assert not torch.allclose(made[:, 1], w.pictures[:, 1], atol=0.05)


def test_frames_outside_of_the_task_do_not_change_the_others(decoder):
    steering, noise, level = steering_of(window(), KNOWN["forward"]), torch.randn(2, 3, 3, HEIGHT, WIDTH), torch.ones(2)
    wanted = torch.tensor([False, True, True])
    assert torch.allclose(decoder(noise, level, steering, wanted), decoder(noise, level, steering)[:, 1:], atol=1e-5)


def test_tokens_of_token_less_frames_are_not_read(decoder):
    w, noise = window(1), torch.randn(1, 3, 3, HEIGHT, WIDTH)
    changed = replace(w, tokens=w.tokens.clone())
    changed.tokens[:, 1] += 1
    with torch.no_grad():
        before = decoder(noise, torch.ones(1), steering_of(w, KNOWN["video"]))
        assert torch.equal(before, decoder(noise, torch.ones(1), steering_of(changed, KNOWN["video"])))
        changed.tokens[:, 0] += 1
        assert not torch.equal(before, decoder(noise, torch.ones(1), steering_of(changed, KNOWN["video"])))


@pytest.mark.parametrize("frames", [1, 2, 5, 6])
def test_a_clip_has_a_frame_for_every_layer_picture_and_repeats_exactly(decoder, frames):
    (tokens, layers), sight = unseen(1, frames), standing(1, frames)
    clips = [render_video(decoder, read, tokens, layers, sight, None, dice(3)) for _ in range(2)]
    assert clips[0].shape == (1, frames, HEIGHT, WIDTH, 3)
    assert torch.equal(*clips)


def unseen(batch: int, frames: int) -> tuple[Tensor, Tensor]:
    """Tokens and layers of some clips."""
    g = torch.Generator().manual_seed(2)
    tokens = torch.rand(batch, (frames + 1) // 2, 3, HEIGHT // 16, WIDTH // 16, generator=g)
    return tokens, torch.randint(0, 256, (batch, frames, 12, HEIGHT, WIDTH), dtype=torch.uint8, generator=g)


def dice(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_clips_decoded_together_equal_those_decoded_alone(decoder):
    """Up to rounding errors of sums in another order."""
    tokens, layers = unseen(2, 5)
    together = render_video(decoder, read, tokens, layers, standing(2, 5), None, dice(3, 4))
    alone = [
        render_video(decoder, read, t[None], x[None], standing(1, 5), None, dice(s))
        for t, x, s in zip(tokens, layers, (3, 4), strict=True)
    ]
    off = (together.int() - torch.cat(alone).int()).abs()
    assert off.max() <= 2 and off.float().mean() < 0.05  # rounding errors accumulate from window to window
    assert (together[0] != together[1]).any()


def test_too_few_tokens_are_refused_with_both_counts(decoder):
    with pytest.raises(ValueError, match="6 frames need 3 token frames, got 2"):
        render_video(
            decoder,
            read,
            torch.rand(1, 2, 3, 2, 3),
            torch.zeros(1, 6, 12, HEIGHT, WIDTH, dtype=torch.uint8),
            standing(1, 6),
            None,
            dice(0),
        )


def test_the_prompt_is_returned_unchanged_and_continued(decoder):
    (tokens, layers), sight = unseen(1, 5), standing(1, 5)
    prompt = torch.randint(0, 256, (1, HEIGHT, WIDTH, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(5))
    told = render_video(decoder, read, tokens, layers, sight, prompt, dice(3))
    untold = render_video(decoder, read, tokens, layers, sight, None, dice(3))
    assert torch.equal(told[:, 0], prompt) and (told[:, 1] != untold[:, 1]).any()


def keeping(decoder: VideoDecoder, share: float) -> VideoDecoder:
    """The decoder modified to keep the known frame wherever it is valid (1.0), or nowhere (0.0)."""
    torch.nn.init.zeros_(decoder.head.last.weight)
    torch.nn.init.zeros_(decoder.head.last.bias)
    decoder.head.last.bias.data[8] = 40.0 if share else -40.0
    return decoder


def test_the_known_frame_is_kept_only_where_the_layers_agree(decoder):
    w = window(1)
    w.layers[:] = w.layers[:, :1]  # three times the same scene
    w.layers[:, :, 2], w.layers[:, :, 4] = -1.0, -1.0
    w.layers[:, :, 0], w.layers[:, :, 3] = 1.0, 0.0
    w.layers[:, 1, 3, :, :16] = 0.8  # but the second frame has a near object
    with torch.no_grad():
        steering = steering_of(w, KNOWN["forward"])
        made = keeping(decoder, 1.0)(torch.zeros_like(w.pictures), torch.ones(1), steering)
        painted = keeping(decoder, 0.0)(torch.zeros_like(w.pictures), torch.ones(1), steering)
    detail = lambda x: x - F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)  # noqa: E731
    kept, given = detail(made[0, 1:])[..., 17:-1], detail(w.pictures[0, :1])[..., 17:-1]
    assert (kept - given).abs().mean() < 0.02 * given.abs().mean()
    assert torch.equal(made[:, 1, :, :, :16], painted[:, 1, :, :, :16])


def test_colours_of_copied_surfaces_return_to_those_of_the_tokens(decoder):
    """Over the windows of two seconds, for any colour of the first frame."""
    w = window(1)
    w.layers[:] = w.layers[:, :1]
    w.layers[:, :, 2], w.layers[:, :, 4] = -1.0, -1.0
    w.layers[:, :, 0], w.layers[:, :, 3] = 1.0, 0.0
    w.pictures[:] = -0.9
    keeping(decoder, 1.0)
    for _ in range(12):
        with torch.no_grad():
            made = decoder(torch.zeros_like(w.pictures), torch.ones(1), steering_of(w, KNOWN["forward"]))
        w.pictures[:, 0] = made[:, 2]
    wanted = steering_of(w, KNOWN["video"]).draft[:, 2].mean((2, 3))
    assert ((w.pictures[:, 0].mean((2, 3)) - wanted).abs() < 0.2 * (wanted + 0.9)).all()


def test_windows_read_the_tokens_and_layers_of_their_own_frames():
    (tokens, layers), sight = unseen(2, 6), standing(2, 6)
    script = DecoderInputs(layers, tokens, decode_draft(read, tokens), sight)
    first = first_frame_conditions(script)
    assert torch.equal(first.tokens[:, 0], tokens[:, 0]) and not first.has_given.any()
    last = torch.rand(2, 3, HEIGHT, WIDTH)
    middle, end = (window_conditions(script, start, last, Anchor(last, start), REGIONS) for start in (2, 4))
    assert torch.equal(middle.layers, layers[:, 2:5].float() / 127.5 - 1)
    assert torch.equal(middle.tokens[:, [0, 2]], tokens[:, 1:3]) and middle.has_tokens[0].tolist() == [
        True,
        False,
        True,
    ]
    assert middle.is_given[0].tolist() == [True, False, False] and torch.equal(middle.given[:, 0], last)
    assert end.has_tokens[0].tolist() == [True, False, False]  # an even clip ends inside a window
    assert torch.equal(end.layers[:, 2], end.layers[:, 1])
