"""The little linear algebra the posture score needs: vectors and symmetric matrices of a handful of numbers.

Tuples in, tuples out; nothing is changed in place. Five by five is so small that plain elimination is quick, and the
engine may import nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """Inner product."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def minus(a: Sequence[float], b: Sequence[float]) -> Vector:
    """Difference of two vectors."""
    return tuple(x - y for x, y in zip(a, b, strict=True))


def scaled(a: Sequence[float], factor: float) -> Vector:
    """A vector times a number."""
    return tuple(x * factor for x in a)


def outer(a: Sequence[float]) -> Matrix:
    """Outer product of a vector with itself."""
    return tuple(tuple(x * y for y in a) for x in a)


def diagonal(values: Sequence[float]) -> Matrix:
    """The matrix with these values on its diagonal."""
    return tuple(tuple(v if i == j else 0.0 for j in range(len(values))) for i, v in enumerate(values))


def plus(*matrices: Matrix) -> Matrix:
    """Sum of matrices of one size."""
    return tuple(tuple(map(sum, zip(*rows, strict=True))) for rows in zip(*matrices, strict=True))


def times(matrix: Matrix, factor: float) -> Matrix:
    """A matrix times a number."""
    return tuple(scaled(row, factor) for row in matrix)


def quadratic(matrix: Matrix, a: Sequence[float]) -> float:
    """``a' matrix a``."""
    return dot(a, [dot(row, a) for row in matrix])


def mean_of(vectors: Sequence[Sequence[float]]) -> Vector:
    """Mean, coordinate by coordinate."""
    return tuple(sum(column) / len(vectors) for column in zip(*vectors, strict=True))


def median_of(vectors: Iterable[Sequence[float]]) -> Vector:
    """Median, coordinate by coordinate: one wild picture moves nothing."""
    return tuple(median(column) for column in zip(*vectors, strict=True))


def second_moment(vectors: Sequence[Sequence[float]], about: Sequence[float]) -> Matrix:
    """Mean of the outer products of ``vectors - about``; the covariance when ``about`` is their mean."""
    moments = [outer(minus(vector, about)) for vector in vectors]
    return times(plus(*moments), 1.0 / len(moments))


def solve(matrix: Matrix, right: Sequence[float]) -> Vector:
    """``x`` with ``matrix x = right``, for a symmetric positive definite matrix. Raises `ValueError` otherwise."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for pivot in range(size):
        # Positive definite: the pivots are positive without exchanging rows.
        if not rows[pivot][pivot] > 0.0:
            raise ValueError("the matrix is not positive definite")
        for below in range(pivot + 1, size):
            factor = rows[below][pivot] / rows[pivot][pivot]
            if factor:
                rows[below] = [b - factor * p for b, p in zip(rows[below], rows[pivot], strict=True)]
    result = [0.0] * size
    for index in reversed(range(size)):
        known = sum(rows[index][j] * result[j] for j in range(index + 1, size))
        result[index] = (rows[index][size] - known) / rows[index][index]
    return tuple(result)
