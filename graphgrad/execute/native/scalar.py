"""Scalars in LLVM's terms: what the loops of a program compute with.

A `Scalar` has the arithmetic of a NumPy scalar of its dtype, promotion included, and
writes instructions instead of computing; a forward rule that is applied to scalars
writes the code of its op.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from llvmlite import binding as llvm
from llvmlite import ir

BIT = ir.IntType(1)
BYTE = ir.IntType(8)
WORD = ir.IntType(64)
_TYPES = {
    "float32": ir.FloatType(),
    "float64": ir.DoubleType(),
    "int32": ir.IntType(32),
    "int64": WORD,
    "uint32": ir.IntType(32),
    "uint64": WORD,
    "bool": BIT,
}


class Unsupported(Exception):  # noqa: N818 - a finding, not an error
    """There are no instructions for this; the op is left to NumPy."""


def register_type(dtype: np.dtype) -> ir.Type:
    """The type of a scalar in a register."""
    try:
        return _TYPES[dtype.name]
    except KeyError:
        raise Unsupported(f"no code for {dtype}") from None


def memory_type(dtype: np.dtype) -> ir.Type:
    """The type of an entry of an array: truths take a byte."""
    return BYTE if dtype == np.bool_ else register_type(dtype)


@dataclass(frozen=True, eq=False)
class Scalar:
    """A value in a register, of a NumPy dtype.

    Args:
        builder: writes the instructions.
        value: the register.
        dtype: float32, float64, int32, int64, uint32, uint64 or bool.
        low: a floating number is not less than this; it may be NaN.
        high: nor more than this.
    """

    builder: ir.IRBuilder
    value: Any
    dtype: np.dtype
    low: float = -np.inf
    high: float = np.inf

    shape = ()
    ndim = 0

    @property
    def is_float(self) -> bool:
        """Whether it is a floating number."""
        return self.dtype.kind == "f"

    def make(self, value: Any, dtype: Any = None) -> Scalar:
        """Another scalar beside this one, of its dtype unless another is given."""
        return Scalar(self.builder, value, np.dtype(dtype or self.dtype))

    def const(self, number: Any, dtype: Any = None) -> Scalar:
        """A constant."""
        kind = np.dtype(dtype or self.dtype)
        whole = kind.kind != "f"
        number = int(number) if whole else float(kind.type(number))
        made = self.make(ir.Constant(register_type(kind), number), kind)
        return made if whole else made.within(number, number)

    def within(self, low: float, high: float) -> Scalar:
        """The same value, of which bounds are known: comparisons may be, too."""
        return Scalar(self.builder, self.value, self.dtype, low, high)

    def to(self, dtype: Any) -> Scalar:
        """The value converted as NumPy converts it."""
        target = np.dtype(dtype)
        if target == self.dtype:
            return self
        b, kind = self.builder, register_type(target)
        source, goal = self.dtype.kind, target.kind
        if goal == "b":
            return self != self.const(0)
        if source == "b":
            made = (
                b.uitofp(self.value, kind) if goal == "f" else b.zext(self.value, kind)
            )
        elif source == "f" and goal == "f":
            wider = target.itemsize > self.dtype.itemsize
            made = (b.fpext if wider else b.fptrunc)(self.value, kind)
        elif source == "f":
            raise Unsupported("a floating number as an integer")
        elif goal == "f":
            made = (b.uitofp if source == "u" else b.sitofp)(self.value, kind)
        elif target.itemsize == self.dtype.itemsize:
            made = self.value
        elif target.itemsize < self.dtype.itemsize:
            made = b.trunc(self.value, kind)
        else:
            made = (b.zext if source == "u" else b.sext)(self.value, kind)
        return self.make(made, target)

    def pair(self, other: Any) -> tuple[Scalar, Scalar]:
        """Both in their common dtype; Python numbers take this one's."""
        if not isinstance(other, Scalar):
            weak = type(other) in {bool, int, float}
            common = np.result_type(self.dtype, other if weak else np.asarray(other))
            return self.to(common), self.const(other, common)
        common = np.result_type(self.dtype, other.dtype)
        return self.to(common), other.to(common)

    def _arithmetic(self, other: Any, floating: str, whole: str) -> Scalar:
        x, y = self.pair(other)
        if x.dtype.kind == "b" or not (whole or x.is_float):
            raise Unsupported(f"arithmetic of {x.dtype}")
        name = floating if x.is_float else whole
        return x.make(getattr(x.builder, name)(x.value, y.value))

    def __add__(self, other: Any) -> Scalar:
        x, y = self.pair(other)
        made = x._arithmetic(y, "fadd", "add")
        return made.within(*_sums(x, y)) if made.is_float else made

    def __sub__(self, other: Any) -> Scalar:
        return self._arithmetic(other, "fsub", "sub")

    def __mul__(self, other: Any) -> Scalar:
        return self._arithmetic(other, "fmul", "mul")

    def __truediv__(self, other: Any) -> Scalar:
        return self._arithmetic(other, "fdiv", "")

    def __radd__(self, other: Any) -> Scalar:
        return self.pair(other)[1] + self

    def __rsub__(self, other: Any) -> Scalar:
        return self.pair(other)[1] - self

    def __rmul__(self, other: Any) -> Scalar:
        return self.pair(other)[1] * self

    def __rtruediv__(self, other: Any) -> Scalar:
        return self.pair(other)[1] / self

    def __neg__(self) -> Scalar:
        if self.is_float:
            made = self.make(self.builder.fneg(self.value))
            return made.within(-self.high, -self.low)
        return self.const(0) - self

    def __pos__(self) -> Scalar:
        return self

    def _compared(self, other: Any, sign: str) -> Scalar:
        x, y = self.pair(other)
        b = x.builder
        if x.is_float:
            if _never(x, sign, y):
                return x.const(False, "bool")
            compare = b.fcmp_unordered if sign == "!=" else b.fcmp_ordered
        else:
            compare = b.icmp_signed if x.dtype.kind == "i" else b.icmp_unsigned
        return x.make(compare(sign, x.value, y.value), "bool")

    def __lt__(self, other: Any) -> Scalar:
        return self._compared(other, "<")

    def __le__(self, other: Any) -> Scalar:
        return self._compared(other, "<=")

    def __gt__(self, other: Any) -> Scalar:
        return self._compared(other, ">")

    def __ge__(self, other: Any) -> Scalar:
        return self._compared(other, ">=")

    def __eq__(self, other: Any) -> Any:
        return self._compared(other, "==")

    def __ne__(self, other: Any) -> Any:
        return self._compared(other, "!=")

    __hash__ = object.__hash__

    def _logical(self, other: Any, name: str) -> Scalar:
        x, y = self.pair(other)
        if x.is_float:
            raise Unsupported(f"{name} of floating numbers")
        return x.make(getattr(x.builder, name)(x.value, y.value))

    def __and__(self, other: Any) -> Scalar:
        return self._logical(other, "and_")

    def __or__(self, other: Any) -> Scalar:
        return self._logical(other, "or_")

    def __xor__(self, other: Any) -> Scalar:
        return self._logical(other, "xor")

    def _moved(self, other: Any, left: bool) -> Scalar:
        """Shifted; by the width of the dtype and more, nothing is left but the sign."""
        x, by = self.pair(other)
        if x.dtype.kind not in "iu":
            raise Unsupported(f"a shift of {x.dtype}")
        b, width = x.builder, 8 * x.dtype.itemsize
        last = ir.Constant(x.value.type, width - 1)
        inside = b.icmp_unsigned("<=", by.value, last)
        places = b.select(inside, by.value, last)
        if not left and x.dtype.kind == "i":
            return x.make(b.ashr(x.value, places))
        made = (b.shl if left else b.lshr)(x.value, places)
        return x.make(b.select(inside, made, ir.Constant(x.value.type, 0)))

    def __lshift__(self, other: Any) -> Scalar:
        return self._moved(other, left=True)

    def __rshift__(self, other: Any) -> Scalar:
        return self._moved(other, left=False)

    def __invert__(self) -> Scalar:
        if self.is_float:
            raise Unsupported("bits of a floating number")
        return self.make(self.builder.not_(self.value))

    def signbit(self) -> Scalar:
        """Whether the sign is set, of -0 and NaN too."""
        return self.bits() < 0 if self.is_float else self < 0

    def __getitem__(self, key: Any) -> Scalar:
        if key != ():
            raise Unsupported("an index of a scalar")
        return self

    def __bool__(self) -> bool:
        raise Unsupported("a decision by value")

    def choose(self, x: Any, y: Any) -> Scalar:
        """x where this truth holds, y elsewhere."""
        if not isinstance(x, Scalar):
            y, x = y.pair(x)
        else:
            x, y = x.pair(y)
        return x.make(self.builder.select(self.value, x.value, y.value))

    def intrinsic(self, name: str, *others: Scalar) -> Scalar:
        """The result of an instruction of LLVM's that has a name, e.g. "fma"."""
        kind = self.value.type
        function = self.builder.module.declare_intrinsic(
            f"llvm.{name}", [kind], ir.FunctionType(kind, [kind] * (1 + len(others)))
        )
        made = self.builder.call(function, [self.value, *(x.value for x in others)])
        return self.make(made).within(0.0 if name == "fabs" else -np.inf, np.inf)

    def fma(self, factor: Any, term: Any) -> Scalar:
        """self · factor + term, rounded once."""
        factor = factor if isinstance(factor, Scalar) else self.const(factor)
        term = term if isinstance(term, Scalar) else self.const(term)
        return self.intrinsic("fma", factor, term)

    def bits(self) -> Scalar:
        """The bits of a floating number as an integer of its size."""
        whole = np.dtype(f"int{8 * self.dtype.itemsize}")
        return self.make(self.builder.bitcast(self.value, register_type(whole)), whole)

    def from_bits(self) -> Scalar:
        """The floating number that has this integer's bits."""
        kind = np.dtype(f"float{8 * self.dtype.itemsize}")
        return self.make(self.builder.bitcast(self.value, register_type(kind)), kind)

    def looked_up(self, name: str, table: tuple[float, ...]) -> Scalar:
        """The entry of a table of float64 that this integer counts to."""
        module = self.builder.module
        kind = ir.ArrayType(ir.DoubleType(), len(table))
        known = module.globals.get(name)
        if known is None:
            known = ir.GlobalVariable(module, kind, name)
            known.linkage, known.global_constant = "internal", True
            known.initializer = ir.Constant(kind, list(table))  # type: ignore[assignment]
        place = self.builder.gep(known, [ir.Constant(WORD, 0), self.value])
        return self.make(self.builder.load(place), "float64")

    def shifted(self, places: int) -> Scalar:
        """The integer shifted to the left, or to the right with its sign."""
        b, by = self.builder, self.const(abs(places)).value
        return self.make((b.shl if places > 0 else b.ashr)(self.value, by))

    def scaled(self, k: Scalar) -> Scalar:
        """The floating number times 2ᵏ for an integer of its size, rounded once."""
        k = k.to("int32")
        kind = ir.FunctionType(self.value.type, [self.value.type, k.value.type])
        name = f"llvm.ldexp.f{8 * self.dtype.itemsize}.i32"
        module = self.builder.module
        known = module.globals.get(name) or ir.Function(module, kind, name)
        return self.make(self.builder.call(known, [self.value, k.value]))


def _sums(x: Scalar, y: Scalar) -> tuple[float, float]:
    """Bounds of a sum: rounding is monotone, so that those of its terms, rounded."""
    kind = x.dtype.type
    with np.errstate(all="ignore"):
        low, high = kind(x.low) + kind(y.low), kind(x.high) + kind(y.high)
    # That of opposite infinities is NaN, and no bound.
    return (
        -np.inf if np.isnan(low) else float(low),
        np.inf if np.isnan(high) else float(high),
    )


def _never(x: Scalar, sign: str, y: Scalar) -> bool:
    """Whether bounds tell that a comparison is false, as it is of NaN (but of !=)."""
    below, above = x.high < y.low, x.low > y.high
    return {
        "<": x.low >= y.high, "<=": above, "==": below or above, ">": x.high <= y.low,
        ">=": below,
    }.get(sign, False)  # fmt: skip


@cache
def has_scaling() -> bool:
    """Whether this processor multiplies vectors by powers of 2 in one instruction."""
    known = llvm.llvm_version_info[0] >= 22  # of LLVM, which calls a function before
    return known and llvm.get_host_cpu_features().get("avx512f", False)
