"""Precision: the networks never compute in a format that the hardware lacks."""

import pytest
import torch

from models import precision


@pytest.fixture
def processor(monkeypatch):
    """Simulate a processor with the given instructions."""

    def become(**has: bool) -> None:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
        precision.compute_dtype.cache_clear()

    yield become
    precision.compute_dtype.cache_clear()


def product() -> torch.dtype:
    with precision.compute_context():
        return (torch.ones(2, 2) @ torch.ones(2, 2)).dtype


@pytest.mark.parametrize("name", ["avx512_bf16", "amx_bf16", "bf16"])
def test_bf16_is_used_where_the_processor_multiplies_it(processor, name):
    processor(avx2=True, **{name: True})
    assert product() is torch.bfloat16


def test_fp32_is_used_elsewhere(processor):
    processor(avx2=True, avx512_bf16=False)
    assert product() is torch.float32
