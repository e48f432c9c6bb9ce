"""PURE: writes an ONNX file, so that building one needs no library besides numpy.

ONNX is one Protocol Buffers message; the field numbers are those of `onnx.proto3` (Apache-2.0).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

OPSET = 20
"""The first with Gelu."""

IR_VERSION = 9

_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}
_VARINT, _FIXED32, _BYTES = 0, 5, 2

Shape = Sequence[int | str]
Attribute = int | float | Sequence[int]


class Graph:
    """Collects nodes and constants; every method that adds a node returns its result's name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._parts: list[bytes] = []
        self._count = 0

    def input(self, name: str, shape: Shape, kind: str = "float32") -> str:
        """What is given to each run. A text in `shape` names a dimension that may vary."""
        self._parts.append(_message(11, _value(name, shape, kind)))
        return name

    def output(self, name: str, result: str, shape: Shape) -> None:
        """What each run gives; float32."""
        self._parts.append(_message(1, _node("Identity", [result], name, {})))
        self._parts.append(_message(12, _value(name, shape, "float32")))

    def constant(self, numbers: npt.NDArray[np.generic]) -> str:
        """float32, uint8, int8, int32 or int64."""
        name = self._new()
        dimensions = b"".join(_number(1, size) for size in numbers.shape)
        kind = _number(2, _TYPES[numbers.dtype.name])
        data = _message(9, np.ascontiguousarray(numbers).tobytes())
        self._parts.append(_message(5, dimensions + kind + _message(8, name.encode()) + data))
        return name

    def floats(self, numbers: npt.ArrayLike) -> str:
        """A constant of type float32."""
        return self.constant(np.asarray(numbers, np.float32))

    def integers(self, *numbers: int) -> str:
        """A constant vector of type int64."""
        return self.constant(np.array(numbers, np.int64))

    def node(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """One operation of ONNX's own set, with one result."""
        result = self._new()
        self._parts.append(_message(1, _node(operator, inputs, result, attributes)))
        return result

    def model(self) -> bytes:
        """The whole file."""
        graph = b"".join(self._parts) + _message(2, self._name.encode())
        opset = _message(8, _message(1, b"") + _number(2, OPSET))
        return _number(1, IR_VERSION) + opset + _message(7, graph)

    def _new(self) -> str:
        self._count += 1
        return f"v{self._count}"


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # Negative numbers stand as their two's complement.
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(content)) + content


def _node(
    operator: str, inputs: Iterable[str], result: str, attributes: dict[str, Attribute]
) -> bytes:
    parts = [_message(1, each.encode()) for each in inputs]
    parts += [_message(2, result.encode()), _message(4, operator.encode())]
    parts += [_message(5, _attribute(name, value)) for name, value in attributes.items()]
    return b"".join(parts)


def _attribute(name: str, value: Attribute) -> bytes:
    named = _message(1, name.encode())
    if isinstance(value, float):
        number = np.float32(value).tobytes()
        return named + _varint(2 << 3 | _FIXED32) + number + _number(20, 1)
    if isinstance(value, int):
        return named + _number(3, value) + _number(20, 2)
    return named + b"".join(_number(8, each) for each in value) + _number(20, 7)


def _value(name: str, shape: Shape, kind: str) -> bytes:
    sizes = [_message(2, s.encode()) if isinstance(s, str) else _number(1, s) for s in shape]
    dimensions = b"".join(_message(1, size) for size in sizes)
    tensor = _number(1, _TYPES[kind]) + _message(2, dimensions)
    return _message(1, name.encode()) + _message(2, _message(1, tensor))
