"""The models of zoo.py that are narrowed there, in their published widths and sizes: what make_zoo.py --full makes."""
import torch
import torchvision_cpu  # noqa: F401
from torchvision import models

from zoo import LENGTH, Named, Picked, T5Decoder, images, out, tokens


def convnext_tiny():
    return models.convnext_tiny(weights=None), *images(224, 288)


def vit_b_16():
    return models.vit_b_16(weights=None), *images(224, 224)


def swin_t():
    return models.swin_t(weights=None), *images(224, 288)


def maxvit_t():
    return models.maxvit_t(weights=None), *images(224, 224)


def fcn_resnet50():
    return Picked(models.segmentation.fcn_resnet50(weights=None, weights_backbone=None, num_classes=21), out), *images(192, 256)


def deeplabv3_mobilenet_v3_large():
    return Picked(models.segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=21), out), *images(384, 512)


def r3d_18():
    return models.video.r3d_18(weights=None), *images(16, 112, 112)


def bert():
    from transformers import BertConfig, BertModel
    samples, names = tokens(30000, more=["token_type_ids"])
    return Named(BertModel(BertConfig()), names, ["last_hidden_state", "pooler_output"]), samples, names


def distilbert():
    from transformers import DistilBertConfig, DistilBertModel
    samples, names = tokens(30000)
    return Named(DistilBertModel(DistilBertConfig()), names), samples, names


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel
    samples, names = tokens(50000)
    return Named(GPT2LMHeadModel(GPT2Config()), names, use_cache=False), samples, names


def t5_config():
    from transformers import T5Config
    return T5Config(use_cache=False, num_decoder_layers=6)


def t5_encoder():
    from transformers import T5EncoderModel
    samples, names = tokens(32000)
    return Named(T5EncoderModel(t5_config()), names), samples, names


def t5_decoder():
    from transformers import T5ForConditionalGeneration
    samples = [(ids[:, :11], torch.randn(2, LENGTH, 512), mask) for ids, mask in tokens(32000)[0]]
    return T5Decoder(T5ForConditionalGeneration(t5_config())), samples, ["input_ids", "encoder_hidden_states", "encoder_attention_mask"]


def whisper_encoder():
    from transformers import WhisperConfig, WhisperModel
    return Named(WhisperModel(WhisperConfig()).encoder, ["input_features"]), [(torch.randn(1, 80, 3000),) for _ in range(2)], ["input_features"]


def wav2vec2():
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC
    return Named(Wav2Vec2ForCTC(Wav2Vec2Config()), ["input_values"]), [(torch.randn(1, 16000),) for _ in range(2)], ["input_values"]


def clip_text():
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection
    samples, names = tokens(49000)
    for ids, _ in samples:
        ids[:, 16] = 49407
    return Named(CLIPTextModelWithProjection(CLIPTextConfig()), names, ["text_embeds", "last_hidden_state"]), samples, names


def clip_image():
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection
    samples, _ = images(224, 224)
    return Named(CLIPVisionModelWithProjection(CLIPVisionConfig()), ["pixel_values"], ["image_embeds", "last_hidden_state"]), samples, ["pixel_values"]


PUBLISHED = {f.__name__: f for f in [
    convnext_tiny, vit_b_16, swin_t, maxvit_t, fcn_resnet50, deeplabv3_mobilenet_v3_large, r3d_18, bert, distilbert, gpt2, t5_encoder, t5_decoder, whisper_encoder, wav2vec2, clip_text, clip_image,
]}
