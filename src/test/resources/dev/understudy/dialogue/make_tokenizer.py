"""Makes tokenizer.json: byte pairs that the usual library learns from tokeniser-texts.txt.

Run once, with tokenizers 0.22.1: python make_tokenizer.py
"""
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

MARKS = ["<|user|>", "<|assistant|>", "<|system|>", "<|end|>"]

with open("tokeniser-texts.txt", encoding="utf-8") as file:
    texts = [line.rstrip("\n") for line in file]

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.train_from_iterator(
    texts,
    trainers.BpeTrainer(
        vocab_size=1000,
        special_tokens=MARKS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    ),
)
tokenizer.save("tokenizer.json", pretty=False)
