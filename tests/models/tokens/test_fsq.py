import torch
from hypothesis import given
from hypothesis import strategies as st

from models.tokens.fsq import FSQ

LEVELS = (8, 8, 8, 5, 5, 5)


def test_every_code_is_decoded_and_encoded_unchanged():
    quantiser = FSQ(LEVELS)
    codes = torch.arange(quantiser.codebook_size)
    assert quantiser.codebook_size == 64_000
    assert torch.equal(quantiser.codes(quantiser.digits(quantiser.values(quantiser.uncode(codes)))), codes)


@given(st.integers(0, 2**31))
def test_quantised_values_are_on_the_grid_in_minus_one_to_one(seed: int):
    quantiser = FSQ(LEVELS)
    values = quantiser(torch.randn(50, 6, generator=torch.Generator().manual_seed(seed)) * 5)
    assert values.abs().max() <= 1
    digits = quantiser.digits(values)
    assert (digits >= 0).all() and (digits < torch.tensor(LEVELS)).all()
    assert torch.allclose(quantiser.values(digits), values, atol=1e-6)


def test_all_levels_can_be_reached():
    quantiser = FSQ(LEVELS)
    ramp = torch.linspace(-8, 8, 2_000)[:, None].expand(-1, 6)
    digits = quantiser.digits(quantiser(ramp))
    assert [len(digits[:, d].unique()) for d in range(6)] == list(LEVELS)


def test_the_gradient_passes_through_the_rounding():
    z = torch.zeros(4, 6, requires_grad=True)
    FSQ(LEVELS)(z).sum().backward()
    assert (z.grad > 0).all()
