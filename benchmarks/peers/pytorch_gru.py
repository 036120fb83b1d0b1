"""The recurrent network of dialogue in PyTorch, one thread: the same first parameters, segments and updates.

Reads what `understudy bench dialogue-train --dump DIR` wrote. Prints the mean loss of the learned tokens over the first
and the last updates, and tokens a second, as one JSON object.

    python pytorch_gru.py DIR
"""

import argparse
import json
import os
import time

import numpy as np
import torch

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


class Network(torch.nn.Module):
    def __init__(self, vocabulary, embedding, state):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, embedding)
        self.bias = torch.nn.Parameter(torch.zeros(vocabulary))
        self.gru = torch.nn.GRU(embedding, state)
        self.projection = torch.nn.Linear(state, embedding, bias=False)

    def load(self, theta, vocabulary, embedding, state):
        """Takes the flat vector: embedding, bias, input, inputBias, recurrent, recurrentBias, projection."""
        parts = [
            (self.embedding.weight, (vocabulary, embedding), False),
            (self.bias, (vocabulary,), False),
            (self.gru.weight_ih_l0, (embedding, 3 * state), True),
            (self.gru.bias_ih_l0, (3 * state,), False),
            (self.gru.weight_hh_l0, (state, 3 * state), True),
            (self.gru.bias_hh_l0, (3 * state,), False),
            (self.projection.weight, (state, embedding), True),
        ]
        at = 0
        with torch.no_grad():
            for parameter, shape, transposed in parts:
                size = int(np.prod(shape))
                values = torch.from_numpy(theta[at : at + size].reshape(shape).copy())
                parameter.copy_(values.T if transposed else values)
                at += size
        assert at == len(theta)

    def forward(self, tokens, kept, h):
        """tokens [T, B]; kept [T, B]; the GRU runs in one call up to each step at which a stream begins anew."""
        x = self.embedding(tokens)
        cuts = [t for t in range(1, len(tokens)) if bool((kept[t] == 0).any())] + [len(tokens)]
        outputs, start = [], 0
        for cut in cuts:
            h = h * kept[start].unsqueeze(0).unsqueeze(2)
            out, h = self.gru(x[start:cut], h)
            outputs.append(out)
            start = cut
        y = self.projection(torch.cat(outputs))
        return torch.nn.functional.linear(y, self.embedding.weight, self.bias), h


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dump")
    arguments = parser.parse_args()
    with open(os.path.join(arguments.dump, "settings.json")) as file:
        settings = json.load(file)
    steps, streams = settings["steps"], settings["streams"]
    shape = (settings["segments"], steps, streams)

    def read(name, dtype):
        return np.fromfile(os.path.join(arguments.dump, name), dtype=dtype)

    tokens = torch.from_numpy(read("tokens", "<i8").reshape(shape))
    targets = torch.from_numpy(read("targets", "<i8").reshape(shape))
    kept = torch.from_numpy(read("kept", "<f4").reshape(shape))
    weights = torch.from_numpy(read("weights", "<f4").reshape(shape))
    network = Network(settings["vocabulary"], settings["embedding"], settings["state"])
    network.load(read("theta", "<f4"), settings["vocabulary"], settings["embedding"], settings["state"])
    optimiser = torch.optim.Adam(network.parameters(), lr=1.0, fused=True)
    h = torch.zeros(1, streams, settings["state"])
    losses, seconds = [], []
    for segment in range(settings["segments"]):
        begun, cpu = time.perf_counter(), time.process_time()
        rising = min(1, (segment + 1) / max(1, settings["warmUp"]))
        falling = max(0.25, min(1, (settings["steady"] / (segment + 1)) ** 0.5))
        optimiser.param_groups[0]["lr"] = settings["learningRate"] * rising * falling
        optimiser.zero_grad(set_to_none=True)
        logits, h = network(tokens[segment], kept[segment], h.detach())
        nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets[segment].flatten(), reduction="none")
        total = (nats * weights[segment].flatten()).sum()
        (total / (steps * streams)).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings["gradientNorm"])
        optimiser.step()
        losses.append(float(total.detach()) / max(1.0, float(weights[segment].sum())))
        seconds.append((time.perf_counter() - begun, time.process_time() - cpu))
    timed = seconds[len(seconds) // 5 :]
    rows = steps * streams
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "lossFirstTen": sum(losses[:10]) / 10,
                "lossLastTen": sum(losses[-10:]) / 10,
                "rowsPerSecond": rows / float(np.median([wall for wall, _ in timed])),
                "rowsPerCpuSecond": rows / float(np.median([cpu for _, cpu in timed])),
            }
        )
    )


if __name__ == "__main__":
    main()
