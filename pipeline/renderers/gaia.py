"""The renderer `gaia`: tokens from the world model, frames from the video decoder.

The decoder draws clean pictures. Rain and snow in the air and the sensor's noise, which are random in every frame, are
added by the rules of the procedural camera: a network that must predict them draws fog.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Int, UInt8
from torch import Tensor

from conditioning.renderer.procedural import render_with_clean
from conditioning.renderer.weather import add_precipitation_and_noise, light_of
from models.decoder.rendering import render_video
from models.decoder.reprojection import CameraPath
from models.pixels import signed
from models.precision import compute_context
from models.world_model.sampling import Sampling, sample_tokens
from pipeline.networks import Networks, load_networks
from pipeline.renderers.kinds import RendererConfig
from pipeline.renderers.renderer import ClipFrames, ClipSeed
from pipeline.runs.stage_timer import Stopwatch
from pipeline.stages import ConditionedClip

SAMPLING = Sampling(top_k=4, temperature=0.7)  # the full distribution drifts, its mode freezes (GAIA-1)
TOKEN_STRIDE = 2  # frames a token frame: 12 Hz pictures, 6 Hz tokens


@dataclass(frozen=True)
class GaiaRenderer:
    """Frames from the networks of a preset, with the first source picture as prompt."""

    networks: Networks

    @property
    def device(self) -> str:
        return self.networks.computes_on

    def render(self, scenes: Sequence[ConditionedClip], seeds: Sequence[ClipSeed], clock: Stopwatch) -> ClipFrames:
        with clock("predict_tokens"):
            tokens = predict_tokens(scenes, self.networks, seeds)
        with clock("render_frames"):
            return add_precipitation(render_frames(tokens, scenes, self.networks, seeds), scenes, seeds)


def load(config: RendererConfig) -> GaiaRenderer:
    """Load the networks. Raises WeightsError if weights are missing."""
    return GaiaRenderer(load_networks(config.preset, config.weights, config.device))


def predict_tokens(
    scenes: Sequence[ConditionedClip], networks: Networks, seeds: Sequence[ClipSeed]
) -> Int[Tensor, "clip camera step row column"]:
    """Continue the tokens of the first pictures with the world model, conditioned on layers, actions and text.

    Clips of one batch have equal numbers of frames and cameras; each draws the same random numbers as alone.
    """
    place = networks.device
    chances = [torch.Generator().manual_seed(seed.of("tokens")) for seed in seeds]
    actions = _together(scene.conditions.actions[::TOKEN_STRIDE] for scene in scenes).float().to(place)
    words = _together(scene.conditions.words for scene in scenes).to(place)
    t_s = _together(scene.rollout.t_s[::TOKEN_STRIDE] for scene in scenes).float().to(place)
    codes = []
    for camera in range(len(scenes[0].source)):
        first = signed(np.stack([scene.source[camera][0] for scene in scenes])).to(place)
        layers = _layers(scenes, camera)[:, ::TOKEN_STRIDE].to(place)
        with torch.inference_mode(), compute_context(place.type):
            prompt = networks.tokenizer.encode(rearrange(first, "clip h w c -> clip c h w"))
            told = (prompt[:, None], layers, actions, words, t_s)
            codes.append(sample_tokens(networks.world, *told, chances, SAMPLING))
    return torch.stack(codes, 1)


def render_frames(
    tokens: Int[Tensor, "clip camera step row column"],
    scenes: Sequence[ConditionedClip],
    networks: Networks,
    seeds: Sequence[ClipSeed],
) -> ClipFrames:
    """Decode every camera's clean frames from its tokens and layers, with reprojection along the camera's motion."""
    place = networks.device
    chances = [torch.Generator().manual_seed(seed.of("frames")) for seed in seeds]
    frames = []
    for camera, codes in enumerate(tokens.unbind(1)):
        values = torch.stack([networks.tokenizer.embed(clip) for clip in codes])
        views = [scene.conditions.views[camera].camera for scene in scenes]
        poses = _together(s.rollout.ego_to_map @ view.camera_to_ego for s, view in zip(scenes, views, strict=True))
        sight = CameraPath(poses.to(place), _together(view.intrinsic for view in views).to(place))
        layers = _layers(scenes, camera).to(place)
        prompt = _together(map(_clean_prompt, scenes, seeds, repeat(camera))).to(place)
        made = render_video(networks.decoder, networks.tokenizer.decoder, values, layers, sight, prompt, chances)
        frames.append(made.cpu().numpy())
    return np.stack(frames, 1)


def _clean_prompt(scene: ConditionedClip, seed: ClipSeed, camera: int) -> UInt8[np.ndarray, "height width 3"]:
    """The first source picture without precipitation and noise; a log's as it is, since nobody knows it without."""
    if seed.scenario.from_log is not None:
        return scene.source[camera][0]
    conditions = scene.conditions
    view = conditions.views[camera].camera
    return render_with_clean(scene.rollout, conditions.scenery, view, seed.of("look"), [0]).clean[0]


def add_precipitation(clean: ClipFrames, scenes: Sequence[ConditionedClip], seeds: Sequence[ClipSeed]) -> ClipFrames:
    """Rain or snow and sensor noise on the decoder's frames, as in the source pictures; the first frame is theirs."""
    frames = clean.copy()
    for clip, scene, seed in zip(frames, scenes, seeds, strict=True):
        light = light_of(scene.rollout, seed.of("look"))
        weather = scene.rollout.environment.weather
        for pictures, source, view in zip(clip, scene.source, scene.conditions.views, strict=True):
            pictures[0] = source[0]
            for frame in range(1, len(pictures)):
                pictures[frame] = add_precipitation_and_noise(pictures[frame], light, weather, frame, view.camera.name)
    return frames


def _layers(scenes: Sequence[ConditionedClip], camera: int) -> UInt8[Tensor, "clip time layer height width"]:
    return _together(scene.conditions.views[camera].layers.values for scene in scenes)


def _together(arrays: Iterable[np.ndarray]) -> Tensor:
    """Stack all clips' arrays, of equal shape, to one tensor; a single one is not copied."""
    some = [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]
    return some[0][None] if len(some) == 1 else torch.stack(some)
