"""Makes golden.csv: the same small networks and operators in PyTorch, in double precision.

Run once: python make_golden.py > golden.csv. Each line is case,quantity,values separated by spaces.
"""
import math

import torch

torch.manual_seed(20240501)
torch.set_default_dtype(torch.float64)


def line(case, quantity, tensor):
    print(f"{case},{quantity}," + " ".join("%.9g" % v for v in tensor.detach().reshape(-1).tolist()))


def record(case, function, inputs):
    """Writes inputs, loss, gradient and Hessian-vector product along v."""
    inputs = [x.float().double().requires_grad_() for x in inputs]
    vectors = [torch.randn_like(x).float().double() for x in inputs]
    loss = function(*inputs)
    gradients = torch.autograd.grad(loss, inputs, create_graph=True)
    dot = sum((g * v).sum() for g, v in zip(gradients, vectors))
    products = [None] * len(inputs)
    if dot.requires_grad:
        products = torch.autograd.grad(dot, inputs, allow_unused=True)
    line(case, "loss", loss)
    for i, x in enumerate(inputs):
        line(case, f"x{i}", x)
        line(case, f"v{i}", vectors[i])
        line(case, f"g{i}", gradients[i])
        line(case, f"h{i}", torch.zeros_like(x) if products[i] is None else products[i])


def mlp(theta, x, sizes):
    at, h = 0, x
    for layer, (m, n) in enumerate(zip(sizes, sizes[1:])):
        w = theta[at : at + m * n].reshape(m, n)
        b = theta[at + m * n : at + m * n + n]
        at += m * n + n
        h = h @ w + b
        h = torch.tanh(h) if layer + 2 < len(sizes) else h
    return h


x = torch.randn(5, 3).float().double()
actions = torch.randn(5, 2).float().double()
classes = torch.tensor([0, 2, 1, 2, 0])
line("data", "x", x)
line("data", "actions", actions)


def gaussian(theta):
    mean = mlp(theta[:-2], x, [3, 4, 4, 2])
    log_std = theta[-2:]
    z = (actions - mean) * torch.exp(-log_std)
    return (0.5 * z**2 + log_std + 0.5 * math.log(2 * math.pi)).sum(1).mean()


def categorical(theta):
    return torch.nn.functional.cross_entropy(mlp(theta, x, [3, 4, 4, 3]), classes)


record("gaussian", gaussian, [0.5 * torch.randn(48)])
record("categorical", categorical, [0.5 * torch.randn(51)])

weights = torch.linspace(0.5, 1.5, 12).float().double().reshape(3, 4)
for name, f in {
    "neg": lambda a: -(a * a), "exp": torch.exp, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
    "softplus": torch.nn.functional.softplus, "relu": lambda a: torch.relu(a) * a, "abs": lambda a: a.abs() * a,
    "softmax": lambda a: a.softmax(1), "logSoftmax": lambda a: a.log_softmax(1),
    "clip": lambda a: a.clamp(-0.5, 0.5) * a, "log": lambda a: (a * a + 1).log(), "sqrt": lambda a: (a * a + 1).sqrt(),
    "pow": lambda a: (a * a + 1) ** 1.7, "sum": lambda a: a.exp().sum(0, keepdim=True) * a,
    "mean": lambda a: (a - a.mean(1, keepdim=True)) ** 2, "max": lambda a: a.amax(1, keepdim=True) * a,
    "transpose": lambda a: a.exp().reshape(4, 3).t().tanh().softmax(0),
    "slice": lambda a: torch.cat([a[:, 2:].exp(), a[:, :2].tanh()], 1),
    "gather": lambda a: a.exp()[torch.tensor([2, 0, 2])] ** 2,
    "expand": lambda a: a.exp().sum(1, keepdim=True).expand(3, 4) ** 2,
}.items():
    record(name, lambda a: (f(a) * weights).sum(), [torch.randn(3, 4)])
for name, f in {
    "add": lambda a, b: (a + b).exp(), "sub": lambda a, b: (a - b).exp(), "mul": lambda a, b: (a * b).exp(),
    "div": lambda a, b: a / (b * b + 1), "min": lambda a, b: torch.minimum(a, b).exp(),
    "maximum": lambda a, b: torch.maximum(a, b).exp(), "where": lambda a, b: torch.where(a < 0, a.exp(), b.exp()),
}.items():
    record(name, lambda a, b: (f(a, b) * weights).sum(), [torch.randn(3, 4), torch.randn(4)])
record("matMul", lambda a, b: ((a @ b).tanh() * weights).sum(), [torch.randn(3, 2), torch.randn(2, 4)])
record("batched", lambda a, b: ((a @ b).tanh() * weights).sum(), [torch.randn(2, 3, 2), torch.randn(2, 2, 4)])
