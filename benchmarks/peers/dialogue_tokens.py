"""Conversations as tokens: one JSON object a line, {"tokens": [...], "bytes": n}, gzipped.

A byte-level BPE is trained by PyPI `tokenizers` on the first conversations. A conversation is, for each turn in order,
the mark of its speaker (0 and 1 in turn) and its text, and mark 2 at the end: 0 text 1 text 0 text ... 2. Bytes are those
of all texts in UTF-8, one added for each turn.

    python dialogue_tokens.py dialogues.jsonl.gz tokens.jsonl.gz
"""

import argparse
import gzip
import json

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

MARKS = ["<first>", "<second>", "<end>"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dialogues")
    parser.add_argument("tokens")
    parser.add_argument("--entries", type=int, default=4096)
    parser.add_argument("--train-on", type=int, default=2000, help="conversations the tokeniser is trained on")
    arguments = parser.parse_args()
    with gzip.open(arguments.dialogues, "rt", encoding="utf-8") as lines:
        dialogues = [json.loads(line)["turns"] for line in lines]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=arguments.entries,
        special_tokens=MARKS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((turn for turns in dialogues[: arguments.train_on] for turn in turns), trainer)
    with gzip.open(arguments.tokens, "wt", encoding="utf-8") as out:
        for turns in dialogues:
            tokens = []
            for i, turn in enumerate(turns):
                tokens += [i % 2] + tokenizer.encode(turn, add_special_tokens=False).ids
            size = sum(len(turn.encode("utf-8")) + 1 for turn in turns)
            out.write(json.dumps({"tokens": tokens + [2], "bytes": size}) + "\n")
    tokenizer.save(arguments.tokens + ".tokenizer.json")


if __name__ == "__main__":
    main()
