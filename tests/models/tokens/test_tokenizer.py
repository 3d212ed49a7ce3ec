import pytest
import torch

from models.tokens.tokenizer import Tokenizer, TokenizerConfig, picture_losses, psnr


@pytest.fixture
def tokenizer() -> Tokenizer:
    torch.manual_seed(0)
    return Tokenizer(TokenizerConfig(widths=(16, 32, 32), depths=(1, 1, 1), levels=(8, 8, 5)))


def test_there_is_one_token_for_sixteen_by_sixteen_pixels(tokenizer):
    codes = tokenizer.encode(torch.zeros(2, 3, 144, 256))
    assert codes.shape == (2, 9, 16)
    assert tokenizer.decode(codes).shape == (2, 3, 144, 256)


def test_decode_of_encode_equals_the_training_path(tokenizer):
    pictures = torch.rand(1, 3, 32, 48) * 2 - 1
    with torch.no_grad():
        direct = tokenizer.decoder(tokenizer.quantise(pictures))
        assert torch.allclose(tokenizer.decode(tokenizer.encode(pictures)), direct, atol=1e-4)


def test_it_learns_the_colours_of_flat_pictures(tokenizer):
    colours = torch.tensor([[0.8, -0.6, -0.6], [-0.7, -0.7, 0.9], [0.1, 0.9, 0.1], [-0.9, -0.9, -0.9]])
    pictures = colours[:, :, None, None].expand(-1, -1, 32, 32)
    weight = torch.ones(4, 1, 32, 32)
    optimiser = torch.optim.Adam(tokenizer.parameters(), 3e-3)
    for _ in range(150):
        optimiser.zero_grad()
        tokenizer.loss(pictures, weight)["total"].backward()
        optimiser.step()
    assert psnr(tokenizer.decode(tokenizer.encode(pictures)), pictures) > 20


def test_losses_are_zero_only_for_the_same_picture():
    picture, weight = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    assert picture_losses(picture, picture, weight, 0.5)["total"] == 0
    shifted = picture_losses(picture + 0.1, picture, weight, 0.5)
    assert shifted["colour"] == pytest.approx(0.1, abs=1e-5) and shifted["edge"] < 1e-5 and shifted["hue"] < 1e-5
    redder = picture_losses(picture + torch.tensor([0.1, 0, 0])[:, None, None], picture, weight, 0.5)
    assert redder["hue"] == pytest.approx(0.05, abs=1e-5)  # half of the two differences is off by 0.1
    assert picture_losses(picture, picture.flip(-1), weight, 0.5)["edge"] > 0.1


def test_the_psnr_of_a_known_error():
    assert psnr(torch.full((4,), 0.2), torch.zeros(4)) == pytest.approx(20.0, abs=1e-4)  # 10 log10(4 / 0.04)
