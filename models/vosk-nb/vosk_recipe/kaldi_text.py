"""Kaldi's `final.mdl` in text form: a transition model with one-state HMMs, and an nnet3 network.

Garbage has an output of its own, which needs no training: about the log posterior of whichever
phone is likeliest in the frame (a smooth maximum). A path of garbage is then what a loop over all
phones would be, at the price of one state, and nothing can blow up the lattice.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from .network import CONTEXT, OFFSETS, Array, Layer, Network
from .phones import PHONES

SHARPNESS = 4.0
"""How near the smooth maximum is to the maximum; at most log(29) / 4 = 0.8 above it."""

STAY = 0.5
"""Written as every state's chance to stay; graphs carry their own costs, so it has no effect."""


def final_mdl(network: Sequence[Layer]) -> str:
    """The whole file."""
    return transition_model(len(PHONES) + 1) + nnet3(network)


def transition_model(phones: int) -> str:
    """One state with a self-loop for each phone; pdf = phone - 1; transition ids 2p - 1, 2p."""
    numbers = range(1, phones + 1)
    triples = "\n".join(f"{phone} 0 {phone - 1}" for phone in numbers)
    logs = " ".join(f"{np.log(STAY):.6g} {np.log(1 - STAY):.6g}" for _ in numbers)
    return (
        "<TransitionModel>\n<Topology>\n<TopologyEntry>\n<ForPhones>\n"
        + " ".join(map(str, numbers))
        + "\n</ForPhones>\n<State> 0 <PdfClass> 0 "
        + f"<Transition> 0 {STAY} <Transition> 1 {1 - STAY} </State>\n<State> 1 </State>\n"
        + "</TopologyEntry>\n</Topology>\n"
        + f"<Triples> {phones}\n{triples}\n</Triples>\n"
        + f"<LogProbs>\n [ 0 {logs} ]\n</LogProbs>\n</TransitionModel>\n"
    )


def stay_id(phone: int) -> int:
    """The transition id of a phone's self-loop."""
    return 2 * phone - 1


def leave_id(phone: int) -> int:
    """The transition id with which a phone is entered (Kaldi's reordered form) and left."""
    return 2 * phone


def nnet3(network: Sequence[Layer]) -> str:
    """The network, one output more than it has: see the module."""
    components = list(_components(network))
    nodes = [node for node, _, _ in components]
    names = [(name, text) for _, name, text in components if name]
    # Kaldi's reader wants the space and the line break right behind the token.
    return (
        "<Nnet3> \n"
        + f"input-node name=input dim={network[0].weights.shape[1] // len(network[0].offsets)}\n"
        + "\n".join(nodes)
        + f"\n\n<NumComponents> {len(names)}\n"
        + "".join(f"<ComponentName> {name} {text}\n" for name, text in names)
        + f"</Nnet3> <LeftContext> {CONTEXT} <RightContext> {CONTEXT} <Priors> [ ]\n"
    )


def read_network(text: str) -> Network:
    """The network in a `final_mdl`. Raises ValueError for any other file."""
    found = _AFFINE.findall(text)
    if len(found) != len(OFFSETS):
        raise ValueError("not a model that this recipe made")
    layers = []
    for (weights, bias), offsets in zip(found, OFFSETS, strict=True):
        numbers = np.array(bias.split(), np.float32)
        rows = np.array(weights.split(), np.float32).reshape(len(numbers), -1)
        layers.append(Layer(rows, numbers, offsets))
    return tuple(layers)


_AFFINE = re.compile(
    r"<ComponentName> affine\d+ <FixedAffineComponent> <LinearParams>  \[([^\]]*)\]\s*"
    r"<BiasParams>  \[([^\]]*)\]"
)


def _components(network: Sequence[Layer]) -> Iterator[tuple[str, str, str]]:
    """The config line of each node; the name and text of its component ("" for the output)."""
    source = "input"
    for index, layer in enumerate(network):
        name = f"affine{index}"
        yield _node(name, _spliced(source, layer.offsets)), name, _affine(layer.weights, layer.bias)
        source = name
        if index < len(network) - 1:
            name = f"relu{index}"
            yield _node(name, source), name, _non_linear("RectifiedLinearComponent", layer)
            source = name
    logits, last = source, network[-1]
    count = len(last.weights)
    sharp = (SHARPNESS * np.eye(count)).astype(np.float32)
    yield _node("sharp", logits), "sharp", _affine(sharp, np.zeros(count, np.float32))
    yield _node("plainlog", logits), "plainlog", _non_linear("LogSoftmaxComponent", last)
    yield _node("sharplog", "sharp"), "sharplog", _non_linear("LogSoftmaxComponent", last)
    # log p - log q / s is the same smooth maximum for every phone; the first one serves.
    joined = np.zeros((count + 1, 2 * count), np.float32)
    joined[:count, :count] = np.eye(count)
    joined[count, 0], joined[count, count] = 1.0, -1.0 / SHARPNESS
    joined_node = _node("joined", "Append(plainlog, sharplog)")
    yield joined_node, "joined", _affine(joined, np.zeros(count + 1, np.float32))
    yield "output-node name=output input=joined objective=linear", "", ""


def _node(name: str, source: str) -> str:
    return f"component-node name={name} component={name} input={source}"


def _spliced(source: str, offsets: Sequence[int]) -> str:
    if tuple(offsets) == (0,):
        return source
    parts = [source if offset == 0 else f"Offset({source}, {offset})" for offset in offsets]
    return f"Append({', '.join(parts)})"


def _affine(weights: Array, bias: Array) -> str:
    rows = "\n".join("  " + _numbers(row) for row in weights)
    return (
        f"<FixedAffineComponent> <LinearParams>  [\n{rows} ]\n"
        f"<BiasParams>  [ {_numbers(bias)} ]\n</FixedAffineComponent>"
    )


def _non_linear(kind: str, layer: Layer) -> str:
    size = len(layer.bias)
    return f"<{kind}> <Dim> {size} <ValueAvg>  [ ]\n<DerivAvg>  [ ]\n<Count> 0 </{kind}>"


def _numbers(values: Array) -> str:
    return " ".join(f"{value:.3g}" for value in values.tolist())
