"""Where the circuits of a run sit: one set of physical qubits, faulty ones left out."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CXGate, RZGate, SXGate
from qiskit.providers import BackendV2, Options
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import CouplingMap, Target
from qiskit_aer import AerSimulator

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import Pauli
from qng.errors import InputError, RefusedError
from qng.execute.qiskit.backends import backend
from qng.execute.qiskit.isa import check_isa, restricted
from qng.execute.qiskit.load import two_qubit_depth
from qng.execute.qiskit.placement import Placement, neighbours
from qng.execute.qiskit.primitives import Primitives
from qng.execute.qiskit.transpile import Transpiler
from qng.execute.statevector.executor import Statevector
from qng.plan.request import Request, Samples
from tests.execute.shelves import Memory, closing, first_step, packet, used
from tests.executors import answered

GATES = ["rz", "sx", "x", "cz"]


class Faulty(BackendV2):
    """A backend whose target lacks some qubits and couplings.

    Args:
        whole: The backend as it was.
        qubits: Those that are out of order.
        couplings: Those that are.
    """

    def __init__(self, whole, qubits=(), couplings=()):
        super().__init__(name=f"faulty {whole.name}")
        gone = {tuple(sorted(pair)) for pair in couplings}
        kept = restricted(whole.target, range(whole.num_qubits))
        made = type(kept)(num_qubits=whole.num_qubits, dt=kept.dt)
        for name in kept.operation_names:
            operation = kept.operation_from_name(name)
            properties = None if isinstance(operation, type) else kept[name]
            if properties is not None and None not in properties:
                properties = {
                    where: how
                    for where, how in properties.items()
                    if not set(where) & set(qubits) and tuple(sorted(where)) not in gone
                }
            made.add_instruction(operation, properties, name=name)
        self._target = made

    @property
    def target(self):
        return self._target

    @property
    def max_circuits(self):
        return None

    @classmethod
    def _default_options(cls):
        return Options()

    def run(self, run_input, **options):
        raise NotImplementedError


def coupled(edges, n) -> GenericBackendV2:
    return GenericBackendV2(n, GATES, coupling_map=edges, noise_info=False, seed=0)


# --- one set of qubits ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fake_manila", "fake_fez"])
def test_a_run_has_one_set_of_physical_qubits(name):
    """Energy, gradient, metric, calibrations and the closing energy of h2."""
    pytest.importorskip("qiskit_ibm_runtime")
    device, shelf = backend(name, mitigate=200), Memory()
    sent = [packet(first_step("h2", device, 40_000), device, shelf)]
    sent.append(packet(first_step("h2", device, 50_000, metric="overlaps"), device, shelf))
    sent.append(packet(closing("h2", device, 4000), device, shelf))
    # Circuits of overlaps measure single qubits, and nothing is done on others.
    assert len({used(pub.circuit) for one in (sent[0], sent[2]) for pub in one.pubs}) == 1
    assert len({q for one in sent for pub in one.pubs for q in used(pub.circuit)}) == 4
    assert all(one.calibration is not None for one in sent)
    for one in sent:
        for pub in one.pubs:
            check_isa(pub.circuit, device.transpiler.target, name)


def test_nothing_leaves_the_region_where_the_deepest_circuit_is_routed():
    """A ring of eight has no place among heavy hexagons: states pass through further qubits."""
    pytest.importorskip("qiskit_ibm_runtime")
    device = backend("fake_fez")
    sent = packet(first_step("tfim-8", device, 10_000), device)
    deepest = max((pub.circuit for pub in sent.pubs), key=two_qubit_depth)
    for pub in sent.pubs:
        assert set(used(pub.circuit)) <= set(used(deepest))
    assert two_qubit_depth(deepest) <= 130  # as the transpiler makes it when it is free


@settings(max_examples=20)
@given(st.data())
def test_every_circuit_of_a_batch_stays_inside_and_is_right(data):
    """On any connected device: the means are those of the exact state."""
    n = data.draw(st.integers(4, 7))
    tree = [(data.draw(st.integers(0, k - 1)), k) for k in range(1, n)]
    whole = AerSimulator.from_backend(coupled(CouplingMap(tree), n), noise_model=None)
    device = Primitives(whole, optimization_level=data.draw(st.integers(0, 3)))
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    requests = []
    for size in sizes:
        circuit = hardware_efficient(size, 1)
        phi = np.linspace(-1, 2, circuit.n_rotations)[None]
        basis = Pauli.parse(" ".join(f"X{q}" for q in range(size)))
        requests.append(Request(circuit, phi, Samples(basis), shots=np.array([2000])))
    sent = packet(requests, device)
    assert len(set().union(*(used(pub.circuit) for pub in sent.pubs))) <= n
    found = answered(device, requests)
    exact = answered(Statevector(), [Request(r.circuit, r.angles, r.measure) for r in requests])
    for (counts,), (limit,), request in zip(found, exact, requests):
        value, variance = counts.mean([request.measure.basis], [1.0])
        expected = limit.mean([request.measure.basis], [1.0])[0]
        assert abs(value - expected) < 5 * np.sqrt(variance) + 0.01


def test_smaller_circuits_sit_on_the_first_of_the_qubits():
    transpiler = Transpiler(coupled(CouplingMap.from_line(6), 6), 2, 0)
    place = transpiler.placed([hardware_efficient(2, 1), hardware_efficient(4, 1)])
    assert place == transpiler.placed([hardware_efficient(4, 1)])
    small = transpiler.measured(hardware_efficient(2, 1), Pauli.parse("Z0 Z1"), place)
    assert set(used(small.circuit)) <= set(place.region(transpiler.near))


def test_where_all_qubits_are_coupled_there_is_no_place():
    transpiler = Transpiler(AerSimulator(), 1, 0)
    assert transpiler.placed([hardware_efficient(4, 1)]) is None
    assert transpiler.measured(hardware_efficient(4, 1), Pauli.parse("Z0")).circuit.num_qubits == 4


def test_gates_that_every_qubit_has_need_not_be_listed_for_each():
    target = Target(num_qubits=4)
    target.add_instruction(CXGate(), {(0, 1): None, (2, 1): None, (2, 3): None})
    for gate in (RZGate(Parameter("a")), SXGate(), Measure()):
        target.add_instruction(gate)
    assert neighbours(target) == {0: [1], 1: [0, 2], 2: [1, 3], 3: [2]}
    place = Transpiler(SimpleNamespace(name="it", target=target), 2, 0).placed(
        [hardware_efficient(3, 1)]
    )
    assert set(place.qubits) in ({0, 1, 2}, {1, 2, 3})


# --- extending -----------------------------------------------------------------------------------


def test_a_circuit_with_more_qubits_takes_near_free_ones():
    near = neighbours(coupled(CouplingMap.from_line(8), 8).target)
    place = Placement((4, 3))
    assert place.extended(2, near, "it") == place
    assert place.extended(5, near, "it").qubits == (4, 3, 2, 1, 0)
    with pytest.raises(InputError, match="9 qubits, it has 8 that are coupled"):
        place.extended(9, near, "it")


def test_the_places_of_a_run_stay_when_it_is_extended():
    device, shelf = Primitives(line_of(7)), Memory()
    small, large = (
        [Request(c, np.zeros((1, c.n_rotations)), Samples(Pauli.parse("Z0")), shots=np.array([2]))]
        for c in (hardware_efficient(2, 1), hardware_efficient(4, 1))
    )
    packet(small, device, shelf)
    first = shelf["0/layout"]
    packet(large, device, shelf)
    assert shelf["0/layout"] != first
    again = Memory(shelf)
    packet(small, device, again)
    packet(large, device, again)
    assert again == shelf
    assert again.commits == 0


def line_of(n):
    whole = coupled(CouplingMap.from_line(n), n)
    return AerSimulator.from_backend(whole, noise_model=None)


@given(st.data())
def test_regions_are_connected_and_hold_all_places(data):
    n = data.draw(st.integers(2, 12))
    tree = [(data.draw(st.integers(0, k - 1)), k) for k in range(1, n)]
    near = {q: sorted({a + b - q for a, b in tree if q in (a, b)}) for q in range(n)}
    qubits = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n, unique=True))
    place = Placement(tuple(qubits))
    assert place.fits(near)
    region = place.region(near)
    assert set(qubits) <= set(region)
    # A part of a tree is connected where it has one coupling less than qubits.
    assert sum(a in region and b in region for a, b in tree) == len(region) - 1
    larger = place.extended(data.draw(st.integers(len(qubits), n)), near, "it")
    assert larger.qubits[: len(qubits)] == place.qubits
    assert len(set(larger.qubits)) == len(larger.qubits)


# --- faults --------------------------------------------------------------------------------------


def test_faulty_qubits_are_left_out():
    whole = coupled(CouplingMap.from_line(9), 9)
    faulty = Faulty(whole, qubits=[3])
    near = neighbours(faulty.target)
    assert 3 not in near
    for level in range(4):
        place = Transpiler(faulty, level, 0).placed([hardware_efficient(4, 2)])
        assert set(place.qubits) <= {4, 5, 6, 7, 8}
    with pytest.raises(InputError, match=r"6 qubits, faulty .* has 5 that are coupled"):
        Transpiler(faulty, 1, 0).placed([hardware_efficient(6, 1)])


def test_faulty_couplings_are_left_out():
    whole = coupled(CouplingMap.from_ring(6), 6)
    faulty = Faulty(whole, couplings=[(0, 5), (2, 3)])
    place = Transpiler(faulty, 2, 0).placed([hardware_efficient(3, 2)])
    assert set(place.qubits) in ({0, 1, 2}, {3, 4, 5})


def test_a_run_whose_qubits_fail_is_told_so_and_goes_on_elsewhere():
    whole, shelf = coupled(CouplingMap.from_line(9), 9), Memory()
    requests = first_step("h2", Primitives(line_of(9)), 10_000)
    device = backend("generic:9", mitigate=50)
    before = Transpiler(whole, 2, 0)
    object.__setattr__(device, "transpiler", before)
    packet(requests, device, shelf)
    broken = before.placed([max((r.circuit for r in requests), key=lambda c: c.n_rotations)])
    whole._target = Faulty(whole, qubits=broken.qubits[:1]).target
    # A process that has seen the device before goes on with what it knows until it is told.
    assert broken.qubits[0] in before.near
    packet(first_step("textbook-2", device, 10_000), device, Memory(shelf))
    object.__setattr__(device, "transpiler", Transpiler(whole, 2, 0))
    # What is there is taken from there; what is new has no place.
    packet(requests, device, Memory(shelf))
    with pytest.raises(RefusedError, match="no working qubits any more") as caught:
        packet(first_step("textbook-2", device, 10_000), device, Memory(shelf))
    assert caught.value.retranspile
    object.__setattr__(device, "transpiler", before)
    moved = packet(requests, device, shelf, anew=True)
    for pub in moved.pubs:
        assert broken.qubits[0] not in used(pub.circuit)
        check_isa(pub.circuit, device.transpiler.target, "it")


def test_a_device_of_ibm_with_a_faulty_qubit():
    """Its target lacks the qubit; what Qiskit calls a layout there could not be written as QPY."""
    pytest.importorskip("qiskit_ibm_runtime")
    from qiskit_ibm_runtime.models import BackendProperties
    from qiskit_ibm_runtime.utils.backend_converter import convert_to_target

    device, shelf = backend("fake_fez", mitigate=50), Memory()
    fez, requests = device.transpiler.backend, first_step("h2", device, 10_000)
    usual = {q for pub in packet(requests, device).pubs for q in used(pub.circuit)}
    plain = fez.properties().to_dict()
    bad = {"name": "operational", "value": 0, "unit": "", "date": plain["last_update_date"]}
    plain["qubits"][min(usual)].append(bad)
    target = convert_to_target(fez.configuration(), BackendProperties.from_dict(plain))
    faulty = SimpleNamespace(name="fez", target=target)
    object.__setattr__(device, "transpiler", Transpiler(faulty, 2, 0))
    sent = packet(requests, device, shelf)
    places = {q for pub in sent.pubs for q in used(pub.circuit)}
    assert len(places) == 4
    assert min(usual) not in places
    for pub in sent.pubs:
        check_isa(pub.circuit, target, "fez")
