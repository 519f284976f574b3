"""The models of make_zoo.py: {name: function that gives (module, [inputs of two samples], input names)}.

Widths are less than the published ones, depths are not, so that a file has the published operators and fewer weights.
Images are not square where the architecture allows that.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

import torchvision_cpu  # noqa: F401
from torchvision.models import convnext, maxvit, resnet, segmentation, swin_transformer, vision_transformer
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.detection import ssdlite320_mobilenet_v3_large
from torchvision.models.optical_flow import raft_small
from torchvision.models.segmentation.fcn import FCN, FCNHead
from torchvision.models.video import resnet as video

LENGTH = 24  # tokens in a sentence


class Picked(nn.Module):
    """A module that gives what `pick` takes out of the other's output."""

    def __init__(self, module, pick, **fixed):
        super().__init__()
        self.module, self.pick, self.fixed = module, pick, fixed

    def forward(self, *inputs):
        return self.pick(self.module(*inputs, **self.fixed))


class Named(nn.Module):
    """A module of `transformers` whose inputs go by keyword; gives the first output, or those named in `outputs`."""

    def __init__(self, module, names, outputs=None, **fixed):
        super().__init__()
        self.module, self.names, self.outputs, self.fixed = module, names, outputs, fixed

    def forward(self, *inputs):
        out = self.module(**dict(zip(self.names, inputs)), **self.fixed)
        return out[0] if self.outputs is None else tuple(out[name] for name in self.outputs)


def images(*shape):
    return [(torch.randn(1, 3, *shape),) for _ in range(2)], ["input"]


def tokens(words, mask=True, more=()):
    """Token numbers with the attention mask of sentences of two lengths, and further inputs of the same shape."""
    samples = []
    for _ in range(2):
        ids = torch.randint(3, words, (2, LENGTH))
        keep = (torch.arange(LENGTH) < torch.tensor([[LENGTH], [LENGTH - 7]])).long()
        samples.append((ids, *([keep] if mask else []), *[torch.randint(0, 2, (2, LENGTH)) for _ in more]))
    return samples, ["input_ids", *(["attention_mask"] if mask else []), *more]


def convnext_tiny():
    setting = [convnext.CNBlockConfig(i, o, n) for i, o, n in [(48, 96, 3), (96, 192, 3), (192, 384, 9), (384, None, 3)]]
    return convnext.ConvNeXt(setting, layer_scale=0.5, num_classes=200), *images(96, 128)


def vit_b_16():
    model = vision_transformer.VisionTransformer(image_size=112, patch_size=16, num_layers=12, num_heads=12, hidden_dim=192, mlp_dim=768, num_classes=200)
    return model, *images(112, 112)


def swin_t():
    model = swin_transformer.SwinTransformer(patch_size=[4, 4], embed_dim=48, depths=[2, 2, 6, 2], num_heads=[3, 6, 12, 24], window_size=[7, 7], num_classes=200)
    return model, *images(96, 128)


def maxvit_t():
    model = maxvit.MaxVit(input_size=(128, 128), stem_channels=32, partition_size=4, block_channels=[32, 64, 128, 256], block_layers=[2, 2, 5, 2],
                          head_dim=32, stochastic_depth_prob=0, num_classes=200)
    return model, *images(128, 128)


def out(d):
    return d["out"]


def deeplabv3_mobilenet_v3_large():
    return Picked(segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=21), out), *images(128, 160)


def lraspp_mobilenet_v3_large():
    return Picked(segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=21), out), *images(128, 160)


class HalfResNet(resnet.ResNet):
    def _make_layer(self, block, planes, *rest, **named):
        return super()._make_layer(block, planes // 2, *rest, **named)


def fcn_resnet50():
    backbone = HalfResNet(resnet.Bottleneck, [3, 4, 6, 3], replace_stride_with_dilation=[False, True, True])
    return Picked(FCN(IntermediateLayerGetter(backbone, {"layer4": "out"}), FCNHead(1024, 21)), out), *images(96, 128)


class HalfVideoResNet(video.VideoResNet):
    def _make_layer(self, block, maker, planes, blocks, stride=1):
        return super()._make_layer(block, maker, planes // 2, blocks, stride)


def r3d_18():
    model = HalfVideoResNet(video.BasicBlock, [video.Conv3DSimple] * 4, [2, 2, 2, 2], video.BasicStem, num_classes=200)
    model.fc = nn.Linear(256, 200)
    return model, *images(8, 64, 80)


def raft_small_encoder():
    return raft_small(weights=None).feature_encoder, *images(96, 128)


class Detector(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.backbone, self.head = model.backbone, model.head

    def forward(self, x):
        made = self.head(list(self.backbone(x).values()))
        return made["bbox_regression"], made["cls_logits"]


def ssdlite320_head():
    return Detector(ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)), *images(256, 320)


def stage(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class UNet(nn.Module):
    def __init__(self, widths=(16, 32, 64, 128, 256)):
        super().__init__()
        self.down = nn.ModuleList(stage(i, o) for i, o in zip((3, *widths), widths))
        pairs = list(zip(widths[::-1], widths[-2::-1]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in pairs)
        self.merge = nn.ModuleList(stage(2 * o, o) for _, o in pairs)
        self.head = nn.Conv2d(widths[0], 4, 1)

    def forward(self, x):
        skips = []
        for i, part in enumerate(self.down):
            x = part(x if i == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, skips[-2::-1]):
            x = merge(torch.cat([skip, up(x)], 1))
        return self.head(x)


def unet():
    return UNet(), *images(96, 128)


def bert():
    from transformers import BertConfig, BertModel
    samples, names = tokens(400, more=["token_type_ids"])
    config = BertConfig(vocab_size=400, hidden_size=96, num_hidden_layers=4, num_attention_heads=6, intermediate_size=384, max_position_embeddings=64)
    return Named(BertModel(config), names, ["last_hidden_state", "pooler_output"]), samples, names


def distilbert():
    from transformers import DistilBertConfig, DistilBertModel
    samples, names = tokens(400)
    return Named(DistilBertModel(DistilBertConfig(vocab_size=400, dim=96, n_layers=4, n_heads=6, hidden_dim=384, max_position_embeddings=64)), names), samples, names


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel
    samples, names = tokens(400)
    return Named(GPT2LMHeadModel(GPT2Config(vocab_size=400, n_embd=96, n_layer=4, n_head=6, n_positions=64, bos_token_id=1, eos_token_id=1)), names, use_cache=False), samples, names


def t5_config():
    from transformers import T5Config
    return T5Config(vocab_size=400, d_model=96, d_kv=16, d_ff=256, num_layers=3, num_decoder_layers=3, num_heads=6, use_cache=False)


def t5_encoder():
    from transformers import T5EncoderModel
    samples, names = tokens(400)
    return Named(T5EncoderModel(t5_config()), names), samples, names


class T5Decoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.decoder, self.head = model.decoder, model.lm_head

    def forward(self, ids, hidden, mask):
        return self.head(self.decoder(input_ids=ids, encoder_hidden_states=hidden, encoder_attention_mask=mask, use_cache=False)[0])


def t5_decoder():
    from transformers import T5ForConditionalGeneration
    samples = [(ids[:, :11], torch.randn(2, LENGTH, 96), mask) for ids, mask in tokens(400)[0]]
    return T5Decoder(T5ForConditionalGeneration(t5_config())), samples, ["input_ids", "encoder_hidden_states", "encoder_attention_mask"]


def whisper_encoder():
    from transformers import WhisperConfig, WhisperModel
    config = WhisperConfig(vocab_size=400, d_model=192, encoder_layers=4, decoder_layers=1, encoder_attention_heads=6, decoder_attention_heads=6, encoder_ffn_dim=768,
                           decoder_ffn_dim=192, max_source_positions=200, max_target_positions=32, pad_token_id=1, bos_token_id=2, eos_token_id=2, decoder_start_token_id=2)
    return Named(WhisperModel(config).encoder, ["input_features"]), [(torch.randn(1, 80, 400),) for _ in range(2)], ["input_features"]


def wav2vec2():
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC
    config = Wav2Vec2Config(vocab_size=32, hidden_size=96, num_hidden_layers=4, num_attention_heads=6, intermediate_size=384, conv_dim=[64] * 7, num_conv_pos_embeddings=32,
                            num_conv_pos_embedding_groups=8)
    return Named(Wav2Vec2ForCTC(config), ["input_values"]), [(torch.randn(1, 8000),) for _ in range(2)], ["input_values"]


def clip_text():
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection
    samples, names = tokens(400)
    for ids, _ in samples:
        ids[:, 16] = 399
    config = CLIPTextConfig(vocab_size=400, hidden_size=96, intermediate_size=384, num_hidden_layers=4, num_attention_heads=6, projection_dim=64, max_position_embeddings=64,
                            bos_token_id=398, eos_token_id=399)
    return Named(CLIPTextModelWithProjection(config), names, ["text_embeds", "last_hidden_state"]), samples, names


def clip_image():
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection
    config = CLIPVisionConfig(hidden_size=96, intermediate_size=384, num_hidden_layers=4, num_attention_heads=6, projection_dim=64, image_size=96, patch_size=16)
    samples, _ = images(96, 96)
    return Named(CLIPVisionModelWithProjection(config), ["pixel_values"], ["image_embeds", "last_hidden_state"]), samples, ["pixel_values"]


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(400, 48)
        self.lstm = nn.LSTM(48, 40, num_layers=2, bidirectional=True, batch_first=True)
        self.tags = nn.Linear(80, 17)

    def forward(self, ids):
        return self.tags(self.lstm(self.words(ids))[0])


def lstm_tagger():
    samples, names = tokens(400, mask=False)
    return Tagger(), samples, names


class Translator(nn.Module):
    """A GRU encoder, and a GRU cell that writes the likeliest word until that is word 2, at most 12 words."""

    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(400, 48), nn.Embedding(300, 48)
        self.encoder = nn.GRU(48, 64, batch_first=True)
        self.inputs, self.states = nn.Linear(48, 192), nn.Linear(64, 192)
        self.head = nn.Linear(64, 300)

    def forward(self, ids):
        state = self.encoder(self.source(ids))[1][0]
        word = torch.ones([ids.shape[0]], dtype=torch.int64)
        written = word.unsqueeze(1)
        steps = torch.zeros([], dtype=torch.int64)
        while bool((steps < 12) & (word != 2).any()):
            r, z, n = self.inputs(self.target(word)).chunk(3, 1)
            hr, hz, hn = self.states(state).chunk(3, 1)
            z = torch.sigmoid(z + hz)
            state = (1 - z) * torch.tanh(n + torch.sigmoid(r + hr) * hn) + z * state
            word = self.head(state).argmax(1)
            written = torch.cat([written, word.unsqueeze(1)], 1)
            steps = steps + 1
        return state, written


def gru_seq2seq():
    samples, names = tokens(400, mask=False)
    return torch.jit.script(Translator()), samples, names


class Causal(nn.Module):
    def __init__(self, i, o, dilation):
        super().__init__()
        normed = nn.utils.parametrizations.weight_norm
        self.pad = 2 * dilation
        self.first, self.second = (normed(nn.Conv1d(n, o, 3, padding=self.pad, dilation=dilation)) for n in (i, o))
        self.norm = nn.BatchNorm1d(o)
        self.skip = nn.Conv1d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x):
        y = F.relu(self.first(x)[:, :, :-self.pad])
        return F.relu(self.norm(self.second(y)[:, :, :-self.pad]) + self.skip(x))


def tcn():
    model = nn.Sequential(*[Causal(i, o, 2 ** n) for n, (i, o) in enumerate([(6, 32), (32, 32), (32, 64), (64, 64)])], nn.Conv1d(64, 5, 1))
    return model, [(torch.randn(2, 6, 100),) for _ in range(2)], ["input"]


ZOO = {f.__name__: f for f in [
    convnext_tiny, vit_b_16, swin_t, maxvit_t, deeplabv3_mobilenet_v3_large, lraspp_mobilenet_v3_large, fcn_resnet50, r3d_18, raft_small_encoder, ssdlite320_head, unet,
    bert, distilbert, gpt2, t5_encoder, t5_decoder, whisper_encoder, wav2vec2, clip_text, clip_image, lstm_tagger, gru_seq2seq, tcn,
]}
