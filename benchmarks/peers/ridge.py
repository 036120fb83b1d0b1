"""One-step errors of ridge regression and of persistence on drives, each held out in turn.

    python3 ridge.py DRIVES

DRIVES holds *.csv.gz with timestamp_ns, steering_rad, torque_nm and speed_mps, 20 Hz. The columns are those of
docs/examples/steering.json: speed, torque now and one and two steps ago, steering one to six steps ago. The penalty is
1 on standardised columns. Nothing but Python is needed.
"""

import csv
import gzip
import math
import pathlib
import sys

TORQUE_LAGS = (0, 1, 2)
STEERING_LAGS = (1, 2, 3, 4, 5, 6)
PENALTY = 1.0


def pairs(path):
    with gzip.open(path, "rt") as file:
        rows = [(float(r["speed_mps"]), float(r["torque_nm"]), float(r["steering_rad"])) for r in csv.DictReader(file)]
    first = max(TORQUE_LAGS + STEERING_LAGS)
    return [
        (
            [rows[i][0]] + [rows[i - lag][1] for lag in TORQUE_LAGS] + [rows[i - lag][2] for lag in STEERING_LAGS],
            rows[i][2],
            rows[i - 1][2],
        )
        for i in range(first, len(rows))
    ]


def ridge(learned):
    """Returns weights and bias."""
    n = len(learned[0][0])
    count = len(learned)
    mean = [sum(x[i] for x, _, _ in learned) / count for i in range(n)]
    bias = sum(y for _, y, _ in learned) / count
    moments = [[0.0] * (n + 1) for _ in range(n)]
    for x, y, _ in learned:
        z = [a - b for a, b in zip(x, mean)]
        for i in range(n):
            row = moments[i]
            row[n] += z[i] * (y - bias)
            for j in range(n):
                row[j] += z[i] * z[j]
    deviation = [math.sqrt(moments[i][i] / count) for i in range(n)]
    system = [
        [moments[i][j] / deviation[i] / deviation[j] + (PENALTY if i == j else 0) for j in range(n)]
        + [moments[i][n] / deviation[i]]
        for i in range(n)
    ]
    for i in range(n):
        pivot = max(range(i, n), key=lambda row: abs(system[row][i]))
        system[i], system[pivot] = system[pivot], system[i]
        for row in range(n):
            if row != i:
                factor = system[row][i] / system[i][i]
                system[row] = [a - factor * b for a, b in zip(system[row], system[i])]
    weights = [system[i][n] / system[i][i] / deviation[i] for i in range(n)]
    return weights, bias - sum(w * m for w, m in zip(weights, mean))


def main():
    drives = {path.name.split(".")[0]: pairs(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.csv.gz"))}
    total = [0.0, 0.0, 0]
    for held, test in drives.items():
        weights, bias = ridge([pair for name, learned in drives.items() if name != held for pair in learned])
        errors = [sum(w * a for w, a in zip(weights, x)) + bias - y for x, y, _ in test]
        squares = sum(error * error for error in errors)
        persistence = sum((before - y) ** 2 for _, y, before in test)
        total = [total[0] + squares, total[1] + persistence, total[2] + len(test)]
        tell(held, squares, persistence, len(test))
    tell("all", *total)


def tell(name, squares, persistence, count):
    print(
        f"{name}: {count} steps, ridge {math.sqrt(squares / count):.6f} rad,"
        f" persistence {math.sqrt(persistence / count):.6f} rad, ratio {math.sqrt(squares / persistence):.4f}"
    )


main()
